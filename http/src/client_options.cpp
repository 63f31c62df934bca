#include <tandem/http/client_options.hpp>

#include <stdexcept>

#include <tandem/http/bearer.hpp>
#include <tandem/http/login.hpp>
#include <tandem/http/url.hpp>

namespace tandem::http {

client_options& client_options::user_agent(std::string text) {
    for (unsigned char c : text)
        if (c < 0x20 || c == 0x7f)
            throw std::invalid_argument("client_options: the user agent contains a control character");
    user_agent_ = std::move(text);
    return *this;
}

client_options& client_options::credentials(std::string_view origin, const login& who) {
    credentials_at(origin).user = std::make_shared<const login>(who);
    return *this;
}

client_options& client_options::credentials(std::string_view origin, const bearer& token) {
    credentials_at(origin).token = std::make_shared<const bearer>(token);
    return *this;
}

/// The entry for an origin, empty.
detail::origin_credentials& client_options::credentials_at(std::string_view origin) {
    const url given(origin);
    if (given.target() != "/" || !given.user_info().empty() || !given.fragment().empty())
        throw std::invalid_argument("client_options: credentials are for an origin, and " +
                                    given.to_string() + " has more than scheme, host and port");
    std::erase_if(credentials_, [&](const auto& each) { return each.origin == given.origin(); });
    auto& made = credentials_.emplace_back();
    made.origin = given.origin();
    return made;
}

} // namespace tandem::http
