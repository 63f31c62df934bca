// Where the library says what nobody asked for but somebody may need: one line, one level.
#pragma once
#include <string_view>

#include <tandem/base/config.hpp>

namespace tandem {

enum class log_level { debug, info, warning, error };

/// Receives each line. Called on the thread that logs, possibly by several at once; must not throw.
using log_sink = void (*)(log_level level, std::string_view text) noexcept;

/// Sends one line (without its line end) to the sink. Thread safe.
TANDEM_API void log(log_level level, std::string_view text) noexcept;

/// Replaces the sink, which by default writes warnings and errors to stderr; null restores that default.
/// Returns the sink before. Thread safe.
TANDEM_API log_sink set_log_sink(log_sink sink) noexcept;

} // namespace tandem
