#include <tandem/http/failure_kind.hpp>

#include <array>

#include <tandem/coro/timeout.hpp>
#include <tandem/http/error.hpp>

namespace tandem::http {

namespace {

bool asks_who(int status) {
    return status == 401 || status == 407;
}

} // namespace

failure_kind kind_of(const std::exception_ptr& error) noexcept {
    try {
        std::rethrow_exception(error);
    } catch (const file_error&) {
        return failure_kind::file;
    } catch (const tls_error&) {
        return failure_kind::tls;
    } catch (const proxy_error& refused) {
        return asks_who(refused.code()) ? failure_kind::authentication : failure_kind::network;
    } catch (const connect_error&) {
        return failure_kind::network;
    } catch (const status_error& refused) {
        return asks_who(refused.status()) ? failure_kind::authentication : failure_kind::status;
    } catch (const checksum_error&) {
        return failure_kind::checksum;
    } catch (const timeout_error&) {
        return failure_kind::limit;
    } catch (const body_too_large&) {
        return failure_kind::limit;
    } catch (const timed_out&) {
        return failure_kind::limit;
    } catch (const protocol_error&) {
        return failure_kind::protocol;
    } catch (...) {
        return failure_kind::other;
    }
}

std::string_view name_of(failure_kind kind) noexcept {
    constexpr std::array<std::string_view, failure_kinds> names = {
        "file", "network", "tls", "authentication", "protocol", "status", "checksum", "limit", "other"};
    return names[static_cast<std::size_t>(kind)];
}

} // namespace tandem::http
