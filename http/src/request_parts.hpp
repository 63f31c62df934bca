// What a request consists of.
#pragma once
#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <tandem/base/clock.hpp>
#include <tandem/http/headers.hpp>
#include <tandem/http/request_settings.hpp>
#include <tandem/http/upload_progress.hpp>
#include <tandem/http/url.hpp>

#include "auth/authenticator.hpp"
#include "outgoing_body.hpp"
#include "recycled.hpp"

namespace tandem::http::detail {

/// What a request_builder gathers, and an exchange then owns.
struct request_parts final : recycled {
    explicit request_parts(std::string verb, url to)
        : method(std::move(verb))
        , target(std::move(to)) {}

    /// RFC 9110 section 9.2.2: sending it twice has the effect of sending it once.
    bool is_idempotent() const noexcept {
        return method == "GET" || method == "HEAD" || method == "PUT" || method == "DELETE" ||
               method == "OPTIONS" || method == "TRACE";
    }

    /// A part of a text in one coding is not that part of another, or of none.
    bool wants_decoding() const noexcept { return !is_raw && decode.value_or(!fields.contains("Range")); }

    bool leaves_out(std::string_view name) const noexcept {
        return std::any_of(left_out.begin(), left_out.end(),
                           [&](const std::string& each) { return equal_ignoring_case(each, name); });
    }
    /// True where the client has to send this header by itself.
    bool lacks(std::string_view name) const noexcept { return !fields.contains(name) && !leaves_out(name); }

    /// RFC 9110 section 9.3: a body means something in these, and its absence has to be said.
    bool may_expect_body() const noexcept { return method == "POST" || method == "PUT" || method == "PATCH"; }

    /// For a redirect that turns the request into a GET.
    void drop_body() {
        body = outgoing_body();
        continue_within.reset();
        for (const char* name : {"Content-Type", "Content-Encoding", "Content-Language", "Content-Location"})
            fields.remove(name);
    }

    std::string method;
    url target;
    headers fields;
    /// The names of those fields that no other origin may see, beside the ones that all know.
    std::vector<std::string> secret_names;
    /// The names of those that the client would send by itself, and is not to.
    std::vector<std::string> left_out;
    /// Speaks for the caller at the target's origin; null where he did not say who should.
    std::shared_ptr<authenticator> who;
    outgoing_body body;
    /// How long to wait for the server's word before the body is sent; nothing where it is not asked for.
    std::optional<duration> continue_within;
    std::function<void(const upload_progress&)> on_upload;
    /// Whether a status other than 2xx is an error, where the caller said so.
    std::optional<bool> raise_for_status;
    /// The longest body to read, decoded.
    std::optional<std::uint64_t> max_body;
    /// Whether the body's codings are taken off, where the caller said so.
    std::optional<bool> decode;
    /// Whether it is handed out with all that is around it on the wire.
    bool is_raw = false;
    /// A body that goes to a file goes on where an earlier one stopped.
    bool resumes = false;
    request_settings settings;
    /// Where it began before this is sent, as middleware comes before.
    std::optional<time_point> began;
};

} // namespace tandem::http::detail
