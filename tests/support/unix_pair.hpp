// Two ends of a Unix socket pair.
#pragma once
#include <utility>

#include <tandem/io/unix_stream.hpp>

namespace test {

class unix_pair {
  public:
    unix_pair(tandem::unix_stream one, tandem::unix_stream other) noexcept
        : near(std::move(one))
        , far(std::move(other)) {}
    tandem::unix_stream near, far;
};

inline tandem::task<unix_pair> make_unix_pair() {
    auto [one, other] = tandem::unix_stream::pair();
    co_return unix_pair(std::move(one), std::move(other));
}

} // namespace test
