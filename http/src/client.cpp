#include <tandem/http/client.hpp>

#include <stdexcept>

#include "client_core.hpp"

namespace tandem::http {

client_options& client_options::user_agent(std::string text) {
    for (unsigned char c : text)
        if (c < 0x20 || c == 0x7f)
            throw std::invalid_argument("client_options: the user agent contains a control character");
    user_agent_ = std::move(text);
    return *this;
}

client::client()
    : client(client_options()) {}

client::client(const client_options& options)
    : core_(std::make_shared<detail::client_core>(options)) {}

client::client(client&&) noexcept = default;

client& client::operator=(client&& other) noexcept {
    if (core_ && core_ != other.core_) core_->pool->clear();
    core_ = std::move(other.core_);
    return *this;
}

client::~client() {
    if (core_) core_->pool->clear();
}

request_builder client::get(url target) const {
    return request_builder(core_, "GET", std::move(target));
}

client_statistics client::statistics() const noexcept {
    return core_->pool->counts;
}

} // namespace tandem::http
