#include <tandem/http/bearer.hpp>

#include <stdexcept>
#include <utility>

#include "field_syntax.hpp"

namespace tandem::http {

bearer::bearer(std::string token)
    : bearer(std::move(token), source()) {}

bearer::bearer(source renew)
    : renew_(std::move(renew)) {
    if (!renew_) throw std::invalid_argument("bearer: no function to get a token from");
}

bearer::bearer(std::string token, source renew)
    : token_(std::move(token))
    , renew_(std::move(renew)) {
    if (!detail::is_visible_ascii(token_))
        throw std::invalid_argument("bearer: a token that is empty or has blanks or control characters");
}

} // namespace tandem::http
