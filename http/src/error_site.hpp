// What the errors of one request have in common.
#pragma once
#include <chrono>
#include <string>
#include <string_view>

#include <tandem/base/clock.hpp>
#include <tandem/http/error.hpp>

namespace tandem::http::detail {

/// Which request an error belongs to: the URL that the caller gave, and where redirects have led since.
class error_site {
  public:
    /// `url` has to outlive it.
    explicit error_site(const std::string& url) noexcept
        : url_(url) {}
    explicit error_site(std::string&&) = delete;

    void redirected_to(const std::string& target) { suffix_ = " (redirected to " + target + ")"; }

    const std::string& url() const noexcept { return url_; }
    std::string cause(std::string_view text) const { return std::string(text) + suffix_; }

    /// `more` is said behind the limit.
    [[noreturn]] void fail_timed_out(time_limit which, duration limit, const std::string& more = {}) const {
        throw timeout_error(url_, which, std::chrono::duration<double>(limit).count(), more + suffix_);
    }

    template <class Error> [[noreturn]] void fail(std::string_view text) const {
        throw Error(url_, cause(text));
    }

  private:
    const std::string& url_;
    std::string suffix_;
};

} // namespace tandem::http::detail
