// Many calls of one function as one message: what a process_pool makes of a chunk of `map`.
#pragma once
#include <type_traits>
#include <utility>
#include <vector>

#include <tandem/pool/call.hpp>
#include <tandem/threads/chunk_outcome.hpp>

namespace tandem::detail {

/// What the worker does with it: the counterpart of run_thunk.
template <class F, class Signature>
void run_chunk_thunk(decoder& arguments, encoder& result, const void* function, const std::stop_token& stop) {
    using parameter = parameter_t<Signature, 0>;
    using item = std::decay_t<parameter>;
    using value = value_or_monostate<std::decay_t<typename Signature::result>>;
    const bool keeps_going = tandem::decode<bool>(arguments);
    auto items = tandem::decode<std::vector<item>>(arguments);
    arguments.finish();
    F callable{};
    if constexpr (std::is_pointer_v<F>) callable = reinterpret_cast<F>(const_cast<void*>(function));
    const auto call = [&](item&& each) -> decltype(auto) {
        if constexpr (Signature::stop == stop_place::first)
            return callable(stop, static_cast<parameter&&>(each));
        else if constexpr (Signature::stop == stop_place::last)
            return callable(static_cast<parameter&&>(each), stop);
        else
            return callable(static_cast<parameter&&>(each));
    };
    tandem::encode(result, run_chunk<value>(items, keeps_going, stop, call));
}

/// Encodes `function(item)` for each of `items`, which are converted to the type of its parameter.
template <class F, class Item>
encoded_call encode_chunk(const F& function, const std::vector<Item>& items, bool keeps_going) {
    check_callable<F>();
    using signature = signature_of<F, Item>;
    static_assert(
        argument_count<signature> == 1,
        "tandem: map calls a function of one argument (a std::stop_token is supplied by the worker)");
    using parameter = parameter_t<signature, 0>;
    using value = std::decay_t<parameter>;
    static_assert(!is_output<parameter>(),
                  "tandem: the function takes its item by reference to non-const, but "
                  "what it writes there stays in the worker; return it instead");
    static_assert(std::is_convertible_v<const Item&, value>,
                  "tandem: an item does not convert to the type of the function's parameter");
    encoded_call call;
    if constexpr (std::is_pointer_v<F>)
        call = begin_call(&run_chunk_thunk<F, signature>, reinterpret_cast<const void*>(function), nullptr);
    else
        call = begin_call(&run_chunk_thunk<F, signature>, nullptr, &typeid(F));
    call.takes_stop_token = signature::stop != stop_place::none;
    call.items = items.size();
    tandem::encode(call.bytes, keeps_going);
    if constexpr (std::is_same_v<Item, value>)
        tandem::encode(call.bytes, items);
    else
        tandem::encode(call.bytes, std::vector<value>(items.begin(), items.end()));
    return call;
}

} // namespace tandem::detail
