#include <tandem/http/multipart.hpp>

#include <stdexcept>

#include "field_syntax.hpp"

namespace tandem::http {

namespace {

/// As browsers do it (HTML standard, "multipart/form-data encoding algorithm"): what would end the quotes or
/// the line is percent-encoded.
std::string quoted(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c == '\0') throw std::invalid_argument("http::multipart: a name contains a NUL");
        if (c == '"')
            out += "%22";
        else if (c == '\r')
            out += "%0D";
        else if (c == '\n')
            out += "%0A";
        else
            out += c;
    }
    return out + '"';
}

std::string type_line(std::string_view type) {
    if (detail::has_control_character(type))
        throw std::invalid_argument("http::multipart: a type contains a control character");
    return "\r\nContent-Type: " + std::string(type);
}

std::string file_lines(std::string_view file_name, std::string_view type) {
    return "; filename=" + quoted(file_name) + type_line(type);
}

} // namespace

multipart& multipart::add(std::string_view name, std::string_view value) {
    begin_part(name, "").content = value;
    return *this;
}

multipart& multipart::add(std::string_view name, std::string_view value, std::string_view type) {
    begin_part(name, type_line(type)).content = value;
    return *this;
}

multipart& multipart::add_bytes(std::string_view name, std::string bytes, std::string_view file_name,
                                std::string_view type) {
    begin_part(name, file_lines(file_name, type)).content = std::move(bytes);
    return *this;
}

multipart& multipart::add_file(std::string_view name, std::string path, std::string_view type) {
    const auto base_name = path.substr(path.rfind('/') + 1);
    return add_file_as(name, std::move(path), base_name, type);
}

multipart& multipart::add_file_as(std::string_view name, std::string path, std::string_view file_name,
                                  std::string_view type) {
    if (path.empty()) throw std::invalid_argument("http::multipart: the path of a file is empty");
    begin_part(name, file_lines(file_name, type)).path = std::move(path);
    return *this;
}

multipart::part& multipart::begin_part(std::string_view name, std::string_view more) {
    auto header = "Content-Disposition: form-data; name=" + quoted(name) + std::string(more) + "\r\n\r\n";
    auto& made = parts_.emplace_back();
    made.header = std::move(header);
    return made;
}

} // namespace tandem::http
