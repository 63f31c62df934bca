// A function call as bytes: which function, and the arguments in the types of its parameters.
#pragma once
#include <stop_token>
#include <tuple>
#include <type_traits>
#include <typeinfo>
#include <utility>

#include <tandem/pool/codec.hpp>
#include <tandem/threads/signature.hpp>

namespace tandem::detail {

/// Decodes the arguments, calls `function` (null where the function is in the thunk's own type) and encodes
/// its result. There is one for each type of function, and its address travels with the call.
using call_thunk = void (*)(decoder& arguments, encoder& result, const void* function,
                            const std::stop_token& stop);

/// A call ready to be sent.
struct encoded_call {
    /// Room for a frame header, then what `run_call` reads.
    encoder bytes;
    /// For messages: the function, or the type of the closure where `function` is null.
    const void* function = nullptr;
    const std::type_info* closure = nullptr;
    /// How many items a chunk of a map has; 0 where it is a single call.
    std::size_t items = 0;
    /// Asking it to stop is worth the while.
    bool takes_stop_token = false;
};

TANDEM_API encoded_call begin_call(call_thunk thunk, const void* function, const std::type_info* closure);

template <class F> consteval void check_callable() {
    static_assert(
        !std::is_member_pointer_v<F>,
        "tandem: a pointer to member cannot be sent to another process; pass a captureless lambda that takes "
        "the object as an argument");
    static_assert(std::is_member_pointer_v<F> || std::is_class_v<F> ||
                      std::is_function_v<std::remove_pointer_t<F>>,
                  "tandem: what is to be run is not a function");
    if constexpr (std::is_class_v<F>)
        static_assert(
            std::is_empty_v<F> && std::is_default_constructible_v<F>,
            "tandem: a lambda that captures, or a std::function, cannot be sent to another process; pass a "
            "function or a captureless lambda, and the captured values as arguments");
}

template <class Signature>
constexpr std::size_t first_argument = Signature::stop == stop_place::first ? 1 : 0;
template <class Signature>
constexpr std::size_t argument_count = std::tuple_size_v<typename Signature::parameters> -
                                       (Signature::stop == stop_place::none ? 0 : 1);
template <class Signature, std::size_t index>
using parameter_t =
    typename std::tuple_element_t<index + first_argument<Signature>, typename Signature::parameters>::type;

template <class P> consteval bool is_output() {
    return std::is_lvalue_reference_v<P> && !std::is_const_v<std::remove_reference_t<P>>;
}

template <class F, class Signature>
void run_thunk(decoder& arguments, encoder& result, const void* function, const std::stop_token& stop) {
    with_indices<argument_count<Signature>>([&](auto... index) {
        std::tuple<std::decay_t<parameter_t<Signature, index>>...> values{
            tandem::decode<std::decay_t<parameter_t<Signature, index>>>(arguments)...};
        arguments.finish();
        const auto call = [&]() -> decltype(auto) {
            F callable{};
            if constexpr (std::is_pointer_v<F>) callable = reinterpret_cast<F>(const_cast<void*>(function));
            if constexpr (Signature::stop == stop_place::first)
                return callable(stop,
                                static_cast<parameter_t<Signature, index>&&>(std::get<index>(values))...);
            else if constexpr (Signature::stop == stop_place::last)
                return callable(static_cast<parameter_t<Signature, index>&&>(std::get<index>(values))...,
                                stop);
            else
                return callable(static_cast<parameter_t<Signature, index>&&>(std::get<index>(values))...);
        };
        if constexpr (std::is_void_v<typename Signature::result>)
            call();
        else
            tandem::encode<std::decay_t<typename Signature::result>>(result, call());
    });
}

template <class Parameter, class Argument> void encode_argument(encoder& out, Argument&& argument) {
    using value = std::decay_t<Parameter>;
    static_assert(
        !is_output<Parameter>(),
        "tandem: the function takes an argument by reference to non-const, but what it writes there stays in "
        "the worker; return it instead");
    static_assert(std::is_convertible_v<Argument, value>,
                  "tandem: an argument does not convert to the type of the function's parameter");
    if constexpr (std::is_same_v<std::remove_cvref_t<Argument>, value>)
        tandem::encode<value>(out, argument);
    else
        tandem::encode<value>(out, static_cast<value>(std::forward<Argument>(argument)));
}

/// Encodes a call of `function` with `arguments`, each converted to the type of its parameter.
template <class F, class... A> encoded_call encode_call(F&& function, A&&... arguments) {
    using callable = std::decay_t<F>;
    check_callable<callable>();
    using signature = signature_of<F, A...>;
    static_assert(argument_count<signature> == sizeof...(A),
                  "tandem: the function takes another number of arguments (a std::stop_token is supplied by "
                  "the worker)");
    encoded_call call;
    if constexpr (std::is_pointer_v<callable>) {
        const callable address = function;
        call = begin_call(&run_thunk<callable, signature>, reinterpret_cast<const void*>(address), nullptr);
    } else {
        call = begin_call(&run_thunk<callable, signature>, nullptr, &typeid(callable));
    }
    call.takes_stop_token = signature::stop != stop_place::none;
    if constexpr (argument_count<signature> == sizeof...(A))
        with_indices<sizeof...(A)>([&](auto... index) {
            (encode_argument<parameter_t<signature, index>>(call.bytes, std::forward<A>(arguments)), ...);
        });
    return call;
}

} // namespace tandem::detail
