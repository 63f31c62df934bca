// Several texts and files in one body.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include <tandem/base/config.hpp>

namespace tandem::http {

namespace detail {
class outgoing_body;
}

/// The parts of a multipart/form-data body (RFC 7578), for `request_builder::multipart`:
///
///     auto parts = http::multipart().add("title", "A photo").add_file("photo", "images/a.jpg");
///     co_await web.post(link).multipart(parts).text();
///
/// Files are read while they are sent. The boundary between the parts is random, and occurs in none of the
/// texts. The functions throw std::invalid_argument for a name with a NUL, and a type with a control
/// character.
class TANDEM_API multipart {
  public:
    /// A field with a text.
    multipart& add(std::string_view name, std::string_view value);
    /// The same with a type of its own.
    multipart& add(std::string_view name, std::string_view value, std::string_view type);

    /// Bytes that the server is to take for a file called `file_name`.
    multipart& add_bytes(std::string_view name, std::string bytes, std::string_view file_name,
                         std::string_view type = "application/octet-stream");

    /// The file at `path`, under its own name, or as `file_name`.
    multipart& add_file(std::string_view name, std::string path,
                        std::string_view type = "application/octet-stream");
    multipart& add_file_as(std::string_view name, std::string path, std::string_view file_name,
                           std::string_view type = "application/octet-stream");

  private:
    friend class detail::outgoing_body;

    struct part {
        std::string header;
        std::string content;
        /// Where the content is, if it is not in `content`.
        std::string path;
    };

    part& begin_part(std::string_view name, std::string_view more);

    std::vector<part> parts_;
};

} // namespace tandem::http
