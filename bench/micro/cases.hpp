// What bench-runtime measures: the names that its rows carry, and the goals.
#pragma once
#include <optional>
#include <span>
#include <string_view>

namespace bench {

struct known_case {
    std::string_view name; ///< stable: reports and tests look for it
    std::string_view unit;
    std::optional<double> goal; ///< at most this; none where the design sets none
    std::string_view what;
};

/// All of them, in the order in which they are reported.
std::span<const known_case> known_cases() noexcept;

/// The case of that name. Throws std::out_of_range if there is none.
const known_case& case_named(std::string_view name);

} // namespace bench
