// Which domains belong to nobody in particular.
#pragma once
#include <string>

namespace tandem::http::detail {

/// True for "com", "co.uk", "github.io", and for a name of one label that nobody knows. `domain` is in lower
/// case and its xn-- form. By the newest list that libpsl finds on this machine.
bool is_public_suffix(const std::string& domain) noexcept;

} // namespace tandem::http::detail
