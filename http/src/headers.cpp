#include <tandem/http/headers.hpp>

#include <algorithm>

namespace tandem::http {

namespace {

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
}

} // namespace

bool detail::same_letters(const char* a, const char* b, std::size_t size) noexcept {
    return std::equal(a, a + size, b, [](char x, char y) { return x == y || lower(x) == lower(y); });
}

const headers::field* headers::find(std::string_view name) const noexcept {
    for (const auto& each : fields_)
        if (equal_ignoring_case(each.first, name)) return &each;
    return nullptr;
}

std::string_view headers::operator[](std::string_view name) const noexcept {
    const field* found = find(name);
    return found ? std::string_view(found->second) : std::string_view();
}

std::vector<std::string_view> headers::all(std::string_view name) const {
    std::vector<std::string_view> values;
    for (const auto& each : fields_)
        if (equal_ignoring_case(each.first, name)) values.push_back(each.second);
    return values;
}

void headers::set(std::string_view name, std::string_view value) {
    remove(name);
    add(name, value);
}

void headers::remove(std::string_view name) {
    std::erase_if(fields_, [name](const field& each) { return equal_ignoring_case(each.first, name); });
}

} // namespace tandem::http
