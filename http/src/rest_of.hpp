// A body in memory.
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>

#include <tandem/coro/task.hpp>

#include "exchange.hpp"

namespace tandem::http::detail {

/// All that is left of the body, as a std::string or a std::vector<std::byte>.
template <class Container> task<Container> rest_of(exchange& work) {
    // A server can promise any length: what it has not sent yet costs no more than this.
    constexpr std::uint64_t most_on_trust = 1024 * 1024;
    work.expect_to_keep_all();
    Container all;
    all.reserve(static_cast<std::size_t>(std::min(work.head().content_length.value_or(0), most_on_trust)));
    for (;;) {
        const auto piece = co_await work.read();
        if (piece.empty()) break;
        const auto* const bytes = reinterpret_cast<const typename Container::value_type*>(piece.data());
        all.insert(all.end(), bytes, bytes + piece.size());
    }
    co_return all;
}

} // namespace tandem::http::detail
