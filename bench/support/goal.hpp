// What a case is held to, as the design puts it.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "support/report.hpp"

namespace bench {

/// Held against one reference, or whichever there is.
struct goal {
    std::string_view reference; ///< empty: all
    double bound;
    enum { absolute, factor, surplus } is = absolute; ///< of, or over, what the reference measured
    bool is_least = false;
};

constexpr goal at_most(double value) {
    return {"", value};
}
constexpr goal at_least(double value) {
    return {"", value, goal::absolute, true};
}
constexpr goal at_most_times(double factor, std::string_view reference) {
    return {reference, factor, goal::factor};
}
constexpr goal at_least_times(double factor, std::string_view reference) {
    return {reference, factor, goal::factor, true};
}
constexpr goal at_most_above(std::string_view reference, double surplus) {
    return {reference, surplus, goal::surplus};
}

/// A case that is held, beside each reference, to the first of `goals` that is about that.
reported_case make_case(std::string name, std::string unit, std::string what, std::vector<goal> goals = {});

} // namespace bench
