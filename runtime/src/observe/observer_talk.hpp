// What is said over an observer's socket. A question is a line, an answer "ok LENGTH" or "no LENGTH" on a
// line and so many bytes of text.
#pragma once
#include <string>
#include <string_view>

#include "io/unique_fd.hpp"

namespace tandem::detail {

/// Sends and receives give up after this.
void limit_waits(const unique_fd& connection, int seconds) noexcept;

/// Throws std::system_error, std::runtime_error for what does not follow the rules.
void send_all(const unique_fd& connection, std::string_view bytes);
std::string receive_line(const unique_fd& connection);

void send_answer(const unique_fd& connection, bool is_ok, std::string_view text);
/// The text; throws std::runtime_error with it where the answer is no.
std::string receive_answer(const unique_fd& connection);

} // namespace tandem::detail
