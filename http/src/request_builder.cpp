#include <tandem/http/request_builder.hpp>

#include <tandem/http/error.hpp>

#include "curl_command.hpp"
#include "download/download_run.hpp"
#include "exchange.hpp"
#include "middleware_chain.hpp"
#include "part_file.hpp"
#include "request_check.hpp"
#include "request_parts.hpp"
#include "rest_of.hpp"

namespace tandem::http {

namespace {

using core_pointer = std::shared_ptr<detail::client_core>;
using detail::request_parts;

task<std::string> text_of(detail::exchange& work) {
    co_await work.open_for_body();
    co_return co_await detail::rest_of<std::string>(work);
}

task<std::vector<std::byte>> bytes_of(detail::exchange& work) {
    co_await work.open_for_body();
    co_return co_await detail::rest_of<std::vector<std::byte>>(work);
}

task<saved> file_of(detail::exchange& work, const std::string& file) {
    co_await work.open_for_body();
    detail::part_file part(file, work.asked().to_string());
    co_await work.save_to(part);
    part.publish();
    co_return saved(file_path(file), part.size());
}

// These take all they need by value: the task may outlive the builder and the client.

task<std::string> fetch_text(core_pointer core, request_parts parts) {
    if (!core->options.middlewares().empty()) {
        const auto work = co_await detail::open_through_middleware(std::move(core), std::move(parts));
        co_return co_await work->within_total(text_of(*work));
    }
    detail::exchange work(std::move(core), std::move(parts));
    co_return co_await work.within_total(text_of(work));
}

task<std::vector<std::byte>> fetch_bytes(core_pointer core, request_parts parts) {
    if (!core->options.middlewares().empty()) {
        const auto work = co_await detail::open_through_middleware(std::move(core), std::move(parts));
        co_return co_await work->within_total(bytes_of(*work));
    }
    detail::exchange work(std::move(core), std::move(parts));
    co_return co_await work.within_total(bytes_of(work));
}

task<response> fetch_response(core_pointer core, request_parts parts) {
    if (!core->options.middlewares().empty()) {
        auto work = co_await detail::open_through_middleware(std::move(core), std::move(parts));
        co_await work->within_total(work->open_for_body(false));
        co_return response(std::move(work));
    }
    auto work = detail::make_recycled<detail::exchange>(std::move(core), std::move(parts));
    co_await work->within_total(work->open_for_body(false));
    co_return response(std::move(work));
}

task<saved> fetch_rest(core_pointer core, request_parts parts, std::string file) {
    auto how = download_options().file(std::move(file)).existing(if_exists::replace).no_retry();
    if (parts.settings.retries) how.retry(*parts.settings.retries);
    detail::download_run work(std::move(core), parts, how);
    const auto made = co_await work.run();
    co_return saved(made.path, made.bytes);
}

task<saved> fetch_file(core_pointer core, request_parts parts, std::string file) {
    if (parts.resumes) co_return co_await fetch_rest(std::move(core), std::move(parts), std::move(file));
    if (!parts.decode) parts.decode = false;
    if (!core->options.middlewares().empty()) {
        const auto work = co_await detail::open_through_middleware(std::move(core), std::move(parts));
        co_return co_await work->within_total(file_of(*work, file));
    }
    detail::exchange work(std::move(core), std::move(parts));
    co_return co_await work.within_total(file_of(work, file));
}

} // namespace

request_builder::request_builder(core_pointer core, std::string method, url target)
    : core_(std::move(core))
    , parts_(std::make_unique<request_parts>(std::move(method), std::move(target))) {
    parts_->settings = core_->options.settings();
}
request_builder::request_builder(const request_builder& other)
    : core_(other.core_)
    , parts_(std::make_unique<request_parts>(*other.parts_)) {}
request_builder::request_builder(request_builder&&) noexcept = default;
request_builder& request_builder::operator=(const request_builder& other) {
    return *this = request_builder(other);
}
request_builder& request_builder::operator=(request_builder&&) noexcept = default;
request_builder::~request_builder() = default;

detail::request_settings& request_builder::stored_settings() noexcept {
    return parts_->settings;
}

request_builder& request_builder::insecure_accept_any_certificate() {
    parts_->settings.verifies = false;
    return *this;
}

request_builder& request_builder::header(std::string_view name, std::string_view value) {
    detail::check_field(name, value, parts_->target);
    parts_->fields.set(name, value);
    return *this;
}

request_builder& request_builder::secret_header(std::string_view name, std::string_view value) {
    header(name, value);
    parts_->secret_names.emplace_back(name);
    return *this;
}

request_builder& request_builder::without_header(std::string_view name) {
    detail::check_field(name, "", parts_->target);
    for (const char* needed : {"Host", "Content-Length", "Transfer-Encoding"})
        if (equal_ignoring_case(name, needed))
            throw bad_request(parts_->target.to_string(), "no request goes without " + std::string(needed));
    parts_->fields.remove(name);
    parts_->left_out.emplace_back(name);
    return *this;
}

request_builder& request_builder::raise_for_status(bool yes) {
    parts_->raise_for_status = yes;
    return *this;
}

request_builder& request_builder::max_body(std::uint64_t bytes) {
    parts_->max_body = bytes;
    return *this;
}

request_builder& request_builder::decode(bool yes) {
    parts_->decode = yes;
    return *this;
}

const url& request_builder::target() const noexcept {
    return parts_->target;
}

const std::string& request_builder::method() const noexcept {
    return parts_->method;
}

request_builder& request_builder::resume(bool on) {
    parts_->resumes = on;
    return *this;
}

request_builder& request_builder::raw(bool yes) {
    parts_->is_raw = yes;
    return *this;
}

std::string request_builder::curl_command(bool with_secrets) const {
    return detail::curl_command(*parts_, core_->options, with_secrets);
}

task<std::string> request_builder::text() const {
    return fetch_text(core_, *parts_);
}

task<std::vector<std::byte>> request_builder::bytes() const {
    return fetch_bytes(core_, *parts_);
}

task<response> request_builder::send() const {
    return fetch_response(core_, *parts_);
}

task<saved> request_builder::save_to(std::string folder) const {
    if (folder.empty()) folder = ".";
    if (!folder.ends_with('/')) folder += '/';
    return fetch_file(core_, *parts_, folder + parts_->target.file_name());
}

task<saved> request_builder::save_as(std::string file) const {
    return fetch_file(core_, *parts_, std::move(file));
}

} // namespace tandem::http
