#include <tandem/http/client.hpp>

#include "client_core.hpp"
#include "request_check.hpp"

namespace tandem::http {

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

request_builder client::head(url target) const {
    return request_builder(core_, "HEAD", std::move(target));
}

request_builder client::post(url target) const {
    return request_builder(core_, "POST", std::move(target));
}

request_builder client::put(url target) const {
    return request_builder(core_, "PUT", std::move(target));
}

request_builder client::patch(url target) const {
    return request_builder(core_, "PATCH", std::move(target));
}

request_builder client::delete_(url target) const {
    return request_builder(core_, "DELETE", std::move(target));
}

request_builder client::request(std::string method, url target) const {
    detail::check_method(method, target);
    return request_builder(core_, std::move(method), std::move(target));
}

client_statistics client::statistics() const noexcept {
    return core_->pool->counts;
}

} // namespace tandem::http
