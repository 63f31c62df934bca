// The guard against g++ 12's treatment of closures in awaited expressions.
#pragma once
#include <type_traits>

#include <tandem/base/config.hpp>

namespace tandem::detail {

/// g++ 12 destroys a closure twice that holds values and stands inside an awaited expression; one that only
/// refers to things has nothing to destroy.
template <class Callable>
constexpr bool is_safe_in_await = !TANDEM_AWAITED_CLOSURE_BUG || std::is_lvalue_reference_v<Callable> ||
                                  std::is_trivially_destructible_v<std::remove_reference_t<Callable>>;

} // namespace tandem::detail

#define TANDEM_CHECK_AWAITED_CLOSURE(Callable)                                                               \
    static_assert(                                                                                           \
        ::tandem::detail::is_safe_in_await<Callable>,                                                        \
        "g++ 12 would destroy this callable twice: it holds values and stands inside a co_await. Give "      \
        "it a name on a line of its own and pass that name, or capture by reference")
