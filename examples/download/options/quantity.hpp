// Sizes and lengths of time, as people write them.
#pragma once
#include <cstdint>
#include <string_view>

#include <tandem/base/clock.hpp>

/// Bytes: `1500`, `64k`, `1.5M`, `2G`, `1T`; units of 1024, in any case, with or without an `iB` or `B`
/// behind them. Throws std::invalid_argument, which says what is wrong.
std::uint64_t bytes_from(std::string_view text);

/// A length of time: `2.5` seconds, or with a unit `250ms`, `90s`, `5m`, `2h`, `1d`. Throws
/// std::invalid_argument.
tandem::duration length_from(std::string_view text);

/// A whole number between these. Throws std::invalid_argument.
std::int64_t number_from(std::string_view text, std::int64_t least, std::int64_t most);
