// How fast bytes come.
#pragma once
#include <cmath>
#include <cstdint>

#include <tandem/base/clock.hpp>

/// An exponentially weighted mean of the speed: what came t seconds ago counts e^(-t/3) as much as what comes
/// now, so that it follows a change within seconds and does not jump with each packet. It is divided by the
/// weight of the time that has been seen, else the first seconds would read too low.
class speed_meter {
  public:
    /// `bytes` is how many have come so far, in all; what came before the first call is not counted.
    void sample(std::uint64_t bytes, tandem::time_point now) noexcept {
        if (!has_begun_) {
            has_begun_ = true;
        } else {
            const double seconds = std::chrono::duration<double>(now - at_).count();
            if (seconds <= 0) return;
            const double fades = std::exp(-seconds / 3.0);
            const double came = bytes < bytes_ ? 0 : static_cast<double>(bytes - bytes_);
            mean_ = mean_ * fades + came / seconds * (1 - fades);
            weight_ = weight_ * fades + (1 - fades);
        }
        bytes_ = bytes;
        at_ = now;
    }

    /// 0 as long as it is not known.
    double per_second() const noexcept { return weight_ > 0 ? mean_ / weight_ : 0; }

  private:
    bool has_begun_ = false;
    std::uint64_t bytes_ = 0;
    tandem::time_point at_{};
    double mean_ = 0;
    double weight_ = 0;
};
