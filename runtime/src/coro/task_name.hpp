// What a coroutine is called in messages.
#pragma once
#include <string_view>

#include <tandem/coro/promise.hpp>

namespace tandem::detail {

/// The name of `task` or of the nearest task around it that has one, along awaits and the scopes that tasks
/// were spawned into; empty if none is found near enough. On the loop's thread, while `task` lives.
std::string_view nearest_name(const promise_base& task) noexcept;

/// The same for the coroutine that runs on this thread, empty if none does: the log's hook.
std::string_view running_task_name() noexcept;

} // namespace tandem::detail
