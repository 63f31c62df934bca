#include <tandem/http/login.hpp>

#include <stdexcept>
#include <utility>

#include "field_syntax.hpp"

namespace tandem::http {

login::login(std::string user, std::string password)
    : user_(std::move(user))
    , password_(std::move(password)) {
    if (detail::has_control_character(user_))
        throw std::invalid_argument("login: the user name contains a control character");
    if (detail::has_control_character(password_))
        throw std::invalid_argument("login: the password contains a control character");
}

login& login::basic() {
    if (user_.find(':') != std::string::npos)
        throw std::invalid_argument("login: a user name for Basic contains a colon");
    method_ = login_method::basic;
    return *this;
}

} // namespace tandem::http
