// What every public header may rely on: the export mark and the compiler at hand.
#pragma once

/// Marks what is visible outside a shared library built with hidden visibility. Every exception type carries
/// it: a type without it is a different type on each side of the library's edge, and no catch finds it.
#define TANDEM_API __attribute__((visibility("default")))

#if defined(__GNUC__) && !defined(__clang__) && __GNUC__ < 13
/// g++ 12 destroys a temporary twice when a coroutine awaits an expression that holds it by value in a
/// closure or a braced aggregate; the awaited combinators refuse such closures here.
#define TANDEM_AWAITED_CLOSURE_BUG 1
#else
#define TANDEM_AWAITED_CLOSURE_BUG 0
#endif
