// Who sends a request.
#include <tandem/http/request_builder.hpp>

#include <tandem/http/bearer.hpp>
#include <tandem/http/login.hpp>

#include "request_parts.hpp"

namespace tandem::http {

request_builder& request_builder::basic_auth(std::string user, std::string password) {
    return credentials(login(std::move(user), std::move(password)).basic());
}

request_builder& request_builder::digest_auth(std::string user, std::string password) {
    return credentials(login(std::move(user), std::move(password)).digest());
}

request_builder& request_builder::any_auth(std::string user, std::string password) {
    return credentials(login(std::move(user), std::move(password)));
}

request_builder& request_builder::bearer(std::string token) {
    return credentials(http::bearer(std::move(token)));
}

request_builder& request_builder::credentials(const login& who) {
    parts_->who = detail::make_authenticator(who, detail::origin_auth);
    return *this;
}

request_builder& request_builder::credentials(const http::bearer& token) {
    parts_->who = detail::make_authenticator(token, detail::origin_auth);
    return *this;
}

} // namespace tandem::http
