// The name that a server suggests for a file.
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include <tandem/base/config.hpp>

namespace tandem::http {

/// The name in a Content-Disposition field's value (RFC 6266), made fit for a folder of one's own:
///
///     auto name = http::suggested_file_name(reply.headers()["Content-Disposition"]);
///
/// `filename*` (RFC 8187: UTF-8 or ISO-8859-1, percent-decoded) goes before `filename` (as it stands; its
/// backslashes taken off, no percent-decoding), and is passed over where it is malformed. What is left is
/// UTF-8 and a base name, behind the last '/' and '\'; without dots and blanks around it; control characters
/// (escape too) and those that turn the direction of text become '_'; a name that Windows keeps for devices
/// ("CON", "nul.txt") gets a '_' before it; of more than 255 bytes the middle is dropped, and a short
/// extension stays. Nothing where no name is left.
///
/// The server chooses the name: never let it replace a file that is there already. Thread safe.
TANDEM_API std::optional<std::string> suggested_file_name(std::string_view content_disposition);

} // namespace tandem::http
