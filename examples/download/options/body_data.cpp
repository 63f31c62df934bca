#include "download/options/body_data.hpp"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iostream>
#include <iterator>
#include <stdexcept>

namespace {

std::string all_of(std::istream& in) {
    return std::string(std::istreambuf_iterator<char>(in), {});
}

bool is_unreserved(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           std::string_view("-._~").find(c) != std::string_view::npos;
}

} // namespace

std::string content_of(const std::string& file) {
    if (file == "-") return all_of(std::cin);
    std::ifstream in(file, std::ios::binary);
    auto content = in ? all_of(in) : std::string();
    if (!in || in.bad()) throw std::runtime_error(file + " cannot be read: " + std::strerror(errno));
    return content;
}

std::string plain_data(const std::string& given) {
    if (!given.starts_with('@')) return given;
    auto content = content_of(given.substr(1));
    std::erase_if(content, [](char c) { return c == '\r' || c == '\n' || c == '\0'; });
    return content;
}

std::string binary_data(const std::string& given) {
    return given.starts_with('@') ? content_of(given.substr(1)) : given;
}

std::string encoded_data(const std::string& given) {
    const auto mark = given.find_first_of("=@");
    if (mark == given.npos) return percent_encoded(given);
    const auto name = given.substr(0, mark);
    const auto behind = given.substr(mark + 1);
    const auto content = percent_encoded(given[mark] == '@' ? content_of(behind) : behind);
    return name.empty() ? content : name + '=' + content;
}

std::string percent_encoded(std::string_view text) {
    constexpr char digits[] = "0123456789ABCDEF";
    std::string encoded;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (is_unreserved(c))
            encoded += c;
        else
            encoded.append({'%', digits[byte / 16], digits[byte % 16]});
    }
    return encoded;
}
