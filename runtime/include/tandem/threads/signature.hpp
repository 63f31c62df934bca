// How an executor calls a function: what it returns, and where it takes a std::stop_token, if it does.
#pragma once
#include <stop_token>
#include <tuple>
#include <type_traits>

namespace tandem::detail {

template <class T> constexpr bool is_stop_token = std::is_same_v<std::remove_cvref_t<T>, std::stop_token>;

enum class stop_place { none, first, last };

template <class... P> consteval stop_place find_stop_place() {
    if constexpr (sizeof...(P) == 0) {
        return stop_place::none;
    } else {
        using all = std::tuple<std::type_identity<P>...>;
        if (is_stop_token<typename std::tuple_element_t<0, all>::type>) return stop_place::first;
        if (is_stop_token<typename std::tuple_element_t<sizeof...(P) - 1, all>::type>)
            return stop_place::last;
        return stop_place::none;
    }
}

/// The result and parameters of a function or of a closure that is not generic; the place of its stop_token.
template <class T> struct signature;
template <class R, class... P> struct signature<R (*)(P...)> {
    using result = R;
    using parameters = std::tuple<std::type_identity<P>...>;
    static constexpr stop_place stop = find_stop_place<P...>();
};
template <class R, class... P> struct signature<R (*)(P...) noexcept> : signature<R (*)(P...)> {};
template <class C, class R, class... P> struct signature<R (C::*)(P...)> : signature<R (*)(P...)> {};
template <class C, class R, class... P> struct signature<R (C::*)(P...) const> : signature<R (*)(P...)> {};
template <class C, class R, class... P> struct signature<R (C::*)(P...) noexcept> : signature<R (*)(P...)> {};
template <class C, class R, class... P>
struct signature<R (C::*)(P...) const noexcept> : signature<R (*)(P...)> {};

/// How `F` is called with `A...`: by its signature, or, where it is generic, with the arguments as they are.
template <class F, class... A> consteval auto find_signature() {
    if constexpr (std::is_pointer_v<F>) {
        return signature<F>();
    } else if constexpr (requires { &F::operator(); }) {
        return signature<decltype(&F::operator())>();
    } else if constexpr (std::is_invocable_v<F, A...>) {
        return signature<std::invoke_result_t<F, A...> (*)(A...)>();
    } else if constexpr (std::is_invocable_v<F, std::stop_token, A...>) {
        return signature<std::invoke_result_t<F, std::stop_token, A...> (*)(std::stop_token, A...)>();
    } else {
        static_assert(std::is_invocable_v<F, A..., std::stop_token>,
                      "tandem: the function object cannot be called with these arguments");
        return signature<std::invoke_result_t<F, A..., std::stop_token> (*)(A..., std::stop_token)>();
    }
}

template <class F, class... A>
using signature_of = decltype(find_signature<std::decay_t<F>, std::decay_t<A>...>());

/// What the function returns, as a value.
template <class F, class... A> using call_result_t = std::decay_t<typename signature_of<F, A...>::result>;

} // namespace tandem::detail
