#include <tandem/http/form.hpp>

namespace tandem::http {

form& form::add(std::string_view name, std::string_view value) {
    if (!encoded_.empty()) encoded_ += '&';
    append(name);
    encoded_ += '=';
    append(value);
    return *this;
}

void form::append(std::string_view text) {
    constexpr char digits[] = "0123456789ABCDEF";
    for (const char c : text) {
        const bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        const bool stays =
            is_letter || (c >= '0' && c <= '9') || c == '*' || c == '-' || c == '.' || c == '_';
        const auto byte = static_cast<unsigned char>(c);
        if (stays)
            encoded_ += c;
        else if (c == ' ')
            encoded_ += '+';
        else
            (encoded_ += '%').append({digits[byte >> 4], digits[byte & 15]});
    }
}

} // namespace tandem::http
