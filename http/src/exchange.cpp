#include "exchange.hpp"

#include <boost/beast/http/status.hpp>

#include <stdexcept>

#include "redirect.hpp"

namespace tandem::http::detail {

exchange::exchange(std::shared_ptr<client_core> core, request_parts parts)
    : core_(std::move(core))
    , parts_(std::move(parts))
    , current_(parts_.target)
    , site_(current_.to_string())
    , started_(loop::current().now()) {
    identify();
}

exchange::~exchange() {
    if (lease_.get()) lease_->drop_buffered();
}

task<> exchange::open() {
    for (;;) {
        if (parts_.settings.retries)
            co_await ask_with_retries();
        else
            co_await ask_until_answered();
        if (parts_.settings.max_redirects <= 0) co_return;
        auto next = redirect_target(head_, current_, site_);
        if (!next) co_return;
        check_redirect(parts_.settings, hops_, current_, *next, site_);
        co_await leave_for(*next);
    }
}

/// The way to where it is now.
std::shared_ptr<const route> exchange::current_route() const {
    try {
        return core_->route_for(parts_.settings, current_);
    } catch (const std::invalid_argument& failure) {
        site_.fail<error>(failure.what());
    }
}

task<> exchange::open_for_body(bool raises) {
    co_await open();
    if (parts_.raise_for_status.value_or(raises) && head_.status / 100 != 2) {
        co_await drain();
        raise_for_status();
    }
    if (lease_.get()) begin_body();
}

void exchange::raise_for_status() const {
    if (head_.status / 100 == 2) return;
    std::string words = head_.reason;
    if (words.empty())
        words = std::string(boost::beast::http::obsolete_reason(
            boost::beast::http::int_to_status(static_cast<unsigned>(head_.status))));
    throw status_error(site_.url(), head_.status, site_.cause(words));
}

task<> exchange::leave_for(url target) {
    co_await drain();
    follow_redirect(parts_, head_.status, current_, target);
    hops_.emplace_back(current_, head_.status);
    const bool is_other_origin = target.origin() != current_.origin();
    current_ = std::move(target);
    if (is_other_origin) identify();
    site_.redirected_to(current_.to_string());
}

} // namespace tandem::http::detail
