// Times, and what is made of many of them.
#pragma once
#include <chrono>
#include <vector>

namespace bench {

/// Time on the wall since it was made: other processes do a part of the work, which has to count.
class stopwatch {
  public:
    double seconds() const {
        return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin_).count();
    }
    double milliseconds() const { return seconds() * 1e3; }
    double microseconds() const { return seconds() * 1e6; }

  private:
    std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
};

/// The value below which `share` of them lie, from 0 to 1. There must be one at least.
double percentile(std::vector<double> values, double share);

inline double median(std::vector<double> values) {
    return percentile(std::move(values), 0.5);
}

} // namespace bench
