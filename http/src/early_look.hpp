// Whether to look for a reply before waiting for it.
#pragma once

namespace tandem::http::detail {

/// Of a server that answers at once the reply is there when the request has gone out and others have had
/// their turn, and to wait for it would be a detour through the loop. Of one that needs longer to look is a
/// system call for nothing. So a connection looks as long as that helps, and now and then where it does not.
class early_look {
  public:
    bool is_due() noexcept { return misses_ < most_misses || ++passed_ % each == 0; }
    void note(bool found) noexcept {
        if (found)
            misses_ = 0;
        else if (misses_ < most_misses)
            ++misses_;
    }

  private:
    static constexpr unsigned most_misses = 2;
    /// Of the requests after so many misses in a row.
    static constexpr unsigned each = 16;
    /// In a row.
    unsigned misses_ = 0;
    unsigned passed_ = 0;
};

} // namespace tandem::http::detail
