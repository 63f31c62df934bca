// What a test with child processes leaves behind: nothing.
#pragma once
#include <catch2/catch.hpp>

#include "support/children.hpp"
#include "support/open_descriptors.hpp"

namespace test {

/// Checks at its end that this process has neither a child, running or a zombie, nor more descriptors than at
/// its beginning.
class nothing_left {
  public:
    nothing_left() = default;
    nothing_left(const nothing_left&) = delete;
    nothing_left& operator=(const nothing_left&) = delete;
    ~nothing_left() {
        CHECK_FALSE(has_children());
        CHECK(open_descriptors() == before_);
    }

  private:
    std::ptrdiff_t before_ = open_descriptors();
};

} // namespace test
