#include "download/exit_code.hpp"

#include <system_error>

#include <tandem/http/error.hpp>
#include <tandem/http/failure_kind.hpp>

namespace http = tandem::http;

namespace {

/// What is no failure of a request, or of one that could not even be put.
exit_code code_of_other(const std::exception_ptr& failure) noexcept {
    try {
        std::rethrow_exception(failure);
    } catch (const http::bad_url&) {
        return exit_code::usage;
    } catch (const http::bad_request&) {
        return exit_code::usage;
    } catch (const std::system_error&) {
        return exit_code::file;
    } catch (...) {
        return exit_code::some_failed;
    }
}

} // namespace

exit_code exit_code_of(const std::exception_ptr& failure) noexcept {
    using http::failure_kind;
    switch (http::kind_of(failure)) {
    case failure_kind::file:
        return exit_code::file;
    case failure_kind::network:
        return exit_code::network;
    case failure_kind::tls:
        return exit_code::tls;
    case failure_kind::authentication:
        return exit_code::authentication;
    case failure_kind::protocol:
        return exit_code::protocol;
    case failure_kind::status:
        return exit_code::http;
    case failure_kind::checksum:
        return exit_code::checksum;
    case failure_kind::limit:
        return exit_code::limit;
    case failure_kind::other:
        break;
    }
    return code_of_other(failure);
}
