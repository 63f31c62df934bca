// What is fetched.
#pragma once
#include <algorithm>
#include <cstddef>
#include <string>

namespace bench {

/// Links that differ in the number at their end. They are made as they are asked for: the peak of memory of a
/// program that bench-download starts begins with what bench-download itself has.
struct numbered_links {
    /// Up to the last slash.
    std::string folder;
    std::size_t count;

    static std::string name(std::size_t number) {
        const std::string digits = std::to_string(number);
        return std::string(6 - std::min<std::size_t>(6, digits.size()), '0') + digits;
    }
    std::string operator[](std::size_t number) const { return folder + name(number); }
};

} // namespace bench
