// A step of a chain of redirects.
#pragma once
#include <utility>

#include <tandem/http/url.hpp>

namespace tandem::http {

/// A redirect that was followed: who answered, and how.
struct redirect_hop {
    redirect_hop(url from_where, int with_status)
        : from(std::move(from_where))
        , status(with_status) {}

    /// The URL that was asked for.
    url from;
    /// 301, 302, 303, 307 or 308.
    int status;
};

} // namespace tandem::http
