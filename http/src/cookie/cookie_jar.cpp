#include <tandem/http/cookie_jar.hpp>

#include <utility>

#include "cookie_file.hpp"
#include "cookie_store.hpp"

namespace tandem::http {

namespace {

cookie_time system_time() {
    return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

} // namespace

cookie_jar::cookie_jar(clock now)
    : store_(std::make_shared<detail::cookie_store>(now ? std::move(now) : clock(system_time))) {}

bool cookie_jar::store(const url& from, std::string_view set_cookie) {
    return store_->store(from, set_cookie);
}

std::string cookie_jar::header_for(const url& to) {
    return store_->header_for(to);
}

void cookie_jar::set(cookie made) {
    store_->put(std::move(made));
}

std::size_t cookie_jar::remove(std::string_view name, std::string_view domain) {
    return store_->remove(name, domain);
}

void cookie_jar::clear() {
    store_->clear();
}

void cookie_jar::end_session() {
    store_->end_session();
}

std::vector<cookie> cookie_jar::cookies() const {
    return store_->cookies();
}

void cookie_jar::limits(std::size_t per_domain, std::size_t total) {
    store_->limits(per_domain, total);
}

std::size_t cookie_jar::load(const std::string& file, session_cookies which) {
    return detail::load_cookies(*store_, file, which);
}

void cookie_jar::save(const std::string& file, session_cookies which) const {
    detail::save_cookies(*store_, file, which);
}

} // namespace tandem::http
