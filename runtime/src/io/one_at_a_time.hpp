// Holds those to their contract who use a stream from two tasks at once.
#pragma once
#include <tandem/base/error.hpp>

namespace tandem::detail {

/// One task's turn at something that others must leave alone meanwhile.
class one_at_a_time {
  public:
    /// Throws usage_error with `message` if it is another's turn.
    one_at_a_time(bool& is_taken, const char* message)
        : is_taken_(is_taken) {
        if (is_taken) throw usage_error(message);
        is_taken = true;
    }
    one_at_a_time(const one_at_a_time&) = delete;
    one_at_a_time& operator=(const one_at_a_time&) = delete;
    ~one_at_a_time() { is_taken_ = false; }

  private:
    bool& is_taken_;
};

} // namespace tandem::detail
