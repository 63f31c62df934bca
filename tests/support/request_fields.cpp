#include "support/request_fields.hpp"

#include <algorithm>
#include <cctype>

namespace test {

namespace {

std::string lower(std::string_view text) {
    std::string small(text);
    std::transform(small.begin(), small.end(), small.begin(),
                   [](unsigned char c) { return std::tolower(c); });
    return small;
}

} // namespace

std::string field_of(const std::string& request, std::string_view name) {
    const auto mark = "\r\n" + lower(name) + ": ";
    const auto at = lower(request).find(mark);
    if (at == std::string::npos) return {};
    const auto begin = at + mark.size();
    return request.substr(begin, request.find("\r\n", begin) - begin);
}

} // namespace test
