// How many downloads share their resources.
#pragma once
#include <cstddef>

#include <tandem/base/config.hpp>

namespace tandem::http {

/// The settings of a download_set.
class TANDEM_API download_set_options {
  public:
    /// How many downloads run at once; 16 by default, at least one.
    download_set_options& jobs(std::size_t count) noexcept {
        jobs_ = count < 1 ? 1 : count;
        return *this;
    }
    /// How many of them are of one origin (scheme, host and port of the URL that is asked); by default as
    /// many as `jobs`. Its further downloads wait, and those of others go past them. (What the client's
    /// `per_host` holds back has begun, and takes the place of one of the others.)
    download_set_options& per_host(std::size_t count) noexcept {
        per_host_ = count;
        return *this;
    }
    /// Asks an origin that replies 429 or 503 for fewer files at once, as download_set says; true by default.
    download_set_options& back_off(bool on) noexcept {
        backs_off_ = on;
        return *this;
    }
    /// Fetches a URL again if it comes again.
    download_set_options& repeat_equal(bool on = true) noexcept {
        repeats_equal_ = on;
        return *this;
    }

    std::size_t jobs() const noexcept { return jobs_; }
    std::size_t per_host() const noexcept { return per_host_ == 0 || per_host_ > jobs_ ? jobs_ : per_host_; }
    bool backs_off() const noexcept { return backs_off_; }
    bool repeats_equal() const noexcept { return repeats_equal_; }

  private:
    std::size_t jobs_ = 16;
    /// 0 for as many as jobs.
    std::size_t per_host_ = 0;
    bool backs_off_ = true;
    bool repeats_equal_ = false;
};

} // namespace tandem::http
