#include "retry/retry_rules.hpp"

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

} // namespace

bool may_pass(const std::exception_ptr& failure) {
    try {
        std::rethrow_exception(failure);
    } catch (const address_refused&) {
        return false;
    } catch (const proxy_error& error) {
        return may_pass(error);
    } catch (const connect_error&) {
        return true;
    } catch (const timeout_error& error) {
        return error.which() != time_limit::queue && error.which() != time_limit::total;
    } catch (const truncated_error&) {
        return true;
    } catch (const error&) {
        return false;
    }
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
