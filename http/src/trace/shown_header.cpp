#include "trace/shown_header.hpp"

#include "secret_fields.hpp"

namespace tandem::http::detail {

std::string shown_request(std::string_view text, const std::vector<std::string>& secret_names) {
    std::string shown;
    for (bool is_first = true;; is_first = false) {
        const auto line = text.substr(0, text.find("\r\n"));
        if (line.empty()) return shown;
        text.remove_prefix(line.size() + 2);
        const auto name = line.substr(0, line.find(':'));
        const bool is_masked = !is_first && is_secret_field(name, secret_names);
        shown += is_masked ? std::string(name) + ": " + std::string(secret_mask) : std::string(line);
        shown += '\n';
    }
}

std::string shown_reply(const reply_head& head) {
    auto shown = "HTTP/1.1 " + std::to_string(head.status) + ' ' + head.reason + '\n';
    for (const auto& [name, value] : head.fields)
        shown += name + ": " + (is_secret_field(name, {}) ? std::string(secret_mask) : value) + '\n';
    return shown;
}

} // namespace tandem::http::detail
