// What has come of a download.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include <tandem/base/clock.hpp>
#include <tandem/base/config.hpp>
#include <tandem/http/saved.hpp>
#include <tandem/http/url.hpp>

namespace tandem::http {

/// A file that `http::download` has brought, complete and under its final name.
class TANDEM_API downloaded {
  public:
    downloaded(url from, file_path where) noexcept
        : source(std::move(from))
        , path(std::move(where)) {}

    /// Where it came from in the end: one of the mirrors, after its redirects.
    url source;
    file_path path;
    /// The file's size.
    std::uint64_t bytes = 0;
    /// How much of it came over the network in this call: less than `bytes` where an earlier part was
    /// resumed, more where a part had to be thrown away.
    std::uint64_t received = 0;
    /// How much of it was there from earlier calls, and was kept.
    std::uint64_t resumed = 0;
    /// How often it was asked for.
    int attempts = 1;
    /// The reply's status: 200 or 206; 304 where the server said that the file is as it was; 0 where nothing
    /// was asked.
    int status = 0;
    /// The file was there, and was left as it is (if_exists::keep, 304 Not Modified).
    bool was_kept = false;
    /// How long the call took.
    duration took{};
};

} // namespace tandem::http
