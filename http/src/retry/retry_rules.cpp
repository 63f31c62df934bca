#include "retry/retry_rules.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>

#include <tandem/http/error.hpp>

namespace tandem::http::detail {

namespace {

bool is_overload(int status) {
    return status == 429 || status == 502 || status == 503 || status == 504;
}

/// True for a proxy that may let the next request through.
bool may_pass(const proxy_error& failure) {
    constexpr int first_of_http = 100, socks4_failed = 91;
    const int code = failure.code();
    if (code >= first_of_http) return is_overload(code);
    // RFC 1928 section 6: a general failure, unreachable (three of them), refused. 0 is a proxy that broke
    // off.
    return code == 0 || code == 1 || (code >= 3 && code <= 6) || code == socks4_failed;
}

bool is_one_of(int status, const std::vector<int>& all) noexcept {
    return std::find(all.begin(), all.end(), status) != all.end();
}

} // namespace

bool may_pass(const std::exception_ptr& failure, const retry_policy& policy) {
    const bool all = policy.all_errors();
    try {
        std::rethrow_exception(failure);
    } catch (const address_refused&) {
        return false;
    } catch (const proxy_error& error) {
        return all || may_pass(error);
    } catch (const connect_error&) {
        return true;
    } catch (const timeout_error& error) {
        return error.which() != time_limit::total && (all || error.which() != time_limit::queue);
    } catch (const truncated_error&) {
        return true;
    } catch (const body_too_large&) {
        return false;
    } catch (const protocol_error&) {
        return all;
    } catch (const tls_error&) {
        return all;
    } catch (const error&) {
        return false;
    }
}

bool may_pass(int status, const retry_policy& policy) noexcept {
    if (is_one_of(status, policy.final_statuses())) return false;
    return is_one_of(status, policy.statuses()) || (policy.all_errors() && status >= 400);
}

bool is_too_late(duration passed, duration pause, const retry_policy& policy) noexcept {
    const auto limit = policy.give_up_after();
    return limit > duration::zero() && pause > limit - passed;
}

std::string cause_of(const std::exception_ptr& failure) {
    try {
        std::rethrow_exception(failure);
    } catch (const error& reason) {
        return std::string(reason.cause());
    }
}

std::string in_seconds(duration length) {
    char text[32];
    std::snprintf(text, sizeof text, "%.3g s", std::chrono::duration<double>(length).count());
    return text;
}

} // namespace tandem::http::detail
