#include "support/goal.hpp"

namespace bench {
namespace {

limit limit_of(const goal& set, double reference) {
    const double value = set.is == goal::factor    ? set.bound * reference
                         : set.is == goal::surplus ? set.bound + reference
                                                   : set.bound;
    return {value, set.is_least};
}

} // namespace

reported_case make_case(std::string name, std::string unit, std::string what, std::vector<goal> goals) {
    auto goal_beside = [goals = std::move(goals)](std::string_view reference,
                                                  double value) -> std::optional<limit> {
        for (const goal& each : goals)
            if (each.reference.empty() || each.reference == reference) return limit_of(each, value);
        return std::nullopt;
    };
    return {std::move(name), std::move(unit), std::move(what), std::move(goal_beside)};
}

} // namespace bench
