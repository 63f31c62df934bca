#include <tandem/http/json.hpp>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "exchange.hpp"
#include "request_parts.hpp"
#include "rest_of.hpp"

namespace tandem::http {

namespace {

task<boost::json::value> value_of(detail::exchange& work) {
    const auto text = co_await detail::rest_of<std::string>(work);
    boost::json::error_code error;
    auto value = boost::json::parse(text, error);
    if (error) work.site().fail<protocol_error>("the body is not valid JSON: " + error.message());
    co_return value;
}

task<boost::json::value> open_and_parse(detail::exchange& work) {
    co_await work.open_for_body();
    co_return co_await value_of(work);
}

// These keep what they work on.

task<boost::json::value> fetch_value(std::shared_ptr<detail::client_core> core, detail::request_parts parts) {
    detail::exchange work(std::move(core), std::move(parts));
    co_return co_await work.within_total(open_and_parse(work));
}

task<boost::json::value> rest_as_value(std::shared_ptr<detail::exchange> work) {
    co_return co_await work->within_total(value_of(*work));
}

} // namespace

request_builder& request_builder::json(const boost::json::value& value) {
    parts_->body = detail::outgoing_body::of_text(boost::json::serialize(value), "application/json");
    return *this;
}

task<boost::json::value> request_builder::json() const {
    auto parts = *parts_;
    if (!parts.fields.contains("Accept")) parts.fields.add("Accept", "application/json");
    return fetch_value(core_, std::move(parts));
}

task<boost::json::value> body::json() {
    return rest_as_value(exchange_);
}

task<boost::json::value> response::json() {
    return body_.json();
}

} // namespace tandem::http
