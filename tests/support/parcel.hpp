// Something to send that cannot be copied, lost or delivered twice unnoticed.
#pragma once
#include <utility>

namespace test {

/// A number in a box that only moves; counts the boxes that are full.
class parcel {
  public:
    explicit parcel(int number) noexcept
        : number_(number) {
        ++alive_;
    }
    parcel(parcel&& other) noexcept
        : number_(std::exchange(other.number_, 0)) {}
    parcel& operator=(parcel&& other) noexcept {
        parcel(std::move(other)).swap(*this);
        return *this;
    }
    ~parcel() {
        if (number_) --alive_;
    }
    void swap(parcel& other) noexcept { std::swap(number_, other.number_); }

    /// 0 once it has been moved from.
    int number() const noexcept { return number_; }
    bool operator<(const parcel& other) const noexcept { return number_ < other.number_; }

    static int alive() noexcept { return alive_; }

  private:
    static inline int alive_ = 0;
    int number_;
};

} // namespace test
