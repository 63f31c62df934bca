#include "cookie_store.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "field_syntax.hpp"
#include "public_suffix.hpp"
#include "set_cookie.hpp"

namespace tandem::http::detail {

namespace {

bool is_expired(const cookie& each, cookie_time now) noexcept {
    return each.expires && *each.expires <= now;
}

/// The host of a URL, which is in its usual form.
bool is_address(std::string_view host) noexcept {
    if (host.find(':') != host.npos) return true;
    const auto label = host.substr(host.rfind('.') + 1);
    return !label.empty() && label.find_first_not_of("0123456789") == label.npos;
}

/// RFC 6265bis section 5.1.3.
bool domain_matches(std::string_view host, std::string_view domain) noexcept {
    if (host == domain) return true;
    return host.size() > domain.size() && host.ends_with(domain) &&
           host[host.size() - domain.size() - 1] == '.' && !is_address(host);
}

/// RFC 6265bis section 5.1.4.
std::string default_path(std::string_view of) {
    const auto last = of.rfind('/');
    return last == 0 || last == of.npos ? "/" : std::string(of.substr(0, last));
}

bool path_matches(std::string_view path, std::string_view cookie_path) noexcept {
    if (!path.starts_with(cookie_path)) return false;
    return path.size() == cookie_path.size() || cookie_path.ends_with('/') || path[cookie_path.size()] == '/';
}

bool has_foreign_byte(std::string_view text) noexcept {
    return std::any_of(text.begin(), text.end(), [](unsigned char c) { return c >= 0x80; });
}

/// Sets the cookie's domain. Returns false where `from` may not set it for `domain`.
bool set_domain(cookie& to, const std::string& host, const std::string& domain) {
    to.domain = host;
    to.host_only = true;
    if (domain.empty()) return true;
    if (has_foreign_byte(domain)) return false;
    if (!is_address(host) && is_public_suffix(domain)) return domain == host;
    if (!domain_matches(host, domain)) return false;
    to.domain = domain;
    to.host_only = false;
    return true;
}

bool used_before(std::uint64_t a, std::uint64_t b) noexcept {
    return a < b;
}

} // namespace

cookie_store::cookie_store(cookie_jar::clock now)
    : clock_(std::move(now)) {}

bool cookie_store::store(const url& from, std::string_view text) {
    const auto time = now();
    auto parsed = parse_set_cookie(text, time);
    if (!parsed) return false;
    cookie made;
    if (!set_domain(made, std::string(from.host()), parsed->domain)) return false;
    made.name = std::move(parsed->name);
    made.value = std::move(parsed->value);
    made.path = parsed->path ? std::move(*parsed->path) : default_path(from.path());
    made.secure = parsed->secure;
    made.http_only = parsed->http_only;
    made.same_site = parsed->same_site;
    made.expires = parsed->expires;
    if (made.secure && !from.is_https()) return false;
    if (breaks_prefix(made, parsed->has_path)) return false;
    const std::lock_guard lock(access_);
    if (!made.secure && !from.is_https() && would_overlay_secure(made)) return false;
    insert(std::move(made), time);
    return true;
}

/// RFC 6265bis section 5.7: over http nobody may set what would be sent in the place of a secure cookie.
bool cookie_store::would_overlay_secure(const cookie& made) const {
    for (const auto& [domain, records] : domains_) {
        if (!domain_matches(domain, made.domain) && !domain_matches(made.domain, domain)) continue;
        for (const auto& each : records)
            if (each.what.secure && each.what.name == made.name && path_matches(made.path, each.what.path))
                return true;
    }
    return false;
}

void cookie_store::insert(cookie made, cookie_time now) {
    const auto domain = made.domain;
    auto& all = domains_[domain];
    record next{std::move(made), ++last_number_, last_number_};
    const auto& what = next.what;
    const auto old = std::find_if(all.begin(), all.end(), [&](const record& each) {
        return each.what.name == what.name && each.what.path == what.path &&
               each.what.host_only == what.host_only;
    });
    if (old != all.end()) {
        next.created = old->created;
        all.erase(old);
        --count_;
    }
    if (!is_expired(next.what, now)) {
        all.push_back(std::move(next));
        ++count_;
        make_room(domain, now);
    } else if (all.empty()) {
        domains_.erase(domain);
    }
}

/// Takes out what is too much, in the order of RFC 6265bis section 5.7: what has ended; of a domain with too
/// many those that are not secure, then any of it; then any at all.
void cookie_store::make_room(const std::string& domain, cookie_time now) {
    if (domains_[domain].size() <= most_per_domain_ && count_ <= most_) return;
    erase_expired(now);
    for (auto found = domains_.find(domain);
         found != domains_.end() && found->second.size() > most_per_domain_;)
        erase_oldest_of(found->second);
    while (count_ > most_)
        erase_oldest();
}

void cookie_store::erase_expired(cookie_time now) {
    erase_if([now](const cookie& each) { return is_expired(each, now); });
}

void cookie_store::erase_oldest_of(record_list& of) noexcept {
    const auto oldest = std::min_element(of.begin(), of.end(), [](const record& a, const record& b) {
        return a.what.secure != b.what.secure ? b.what.secure : used_before(a.used, b.used);
    });
    of.erase(oldest);
    --count_;
}

void cookie_store::erase_oldest() noexcept {
    auto owner = domains_.end();
    record_list::iterator oldest;
    for (auto domain = domains_.begin(); domain != domains_.end(); ++domain)
        for (auto each = domain->second.begin(); each != domain->second.end(); ++each)
            if (owner == domains_.end() || used_before(each->used, oldest->used)) {
                owner = domain;
                oldest = each;
            }
    owner->second.erase(oldest);
    if (owner->second.empty()) domains_.erase(owner);
    --count_;
}

template <class Filter> std::size_t cookie_store::erase_if(Filter filter) {
    std::size_t erased = 0;
    for (auto domain = domains_.begin(); domain != domains_.end();) {
        erased += std::erase_if(domain->second, [&](const record& each) { return filter(each.what); });
        domain = domain->second.empty() ? domains_.erase(domain) : std::next(domain);
    }
    count_ -= erased;
    return erased;
}

std::string cookie_store::header_for(const url& to) {
    const auto time = now();
    const auto host = to.host();
    const bool is_whole_only = is_address(host);
    std::vector<record*> chosen;
    const std::lock_guard lock(access_);
    if (count_ == 0) return {};
    for (auto domain = host;;) {
        if (const auto found = domains_.find(std::string(domain)); found != domains_.end()) {
            for (auto& each : found->second) {
                const auto& what = each.what;
                if (what.host_only && domain != host) continue;
                if (what.secure && !to.is_https()) continue;
                if (!is_expired(what, time) && path_matches(to.path(), what.path)) chosen.push_back(&each);
            }
        }
        const auto dot = domain.find('.');
        if (is_whole_only || dot == domain.npos) break;
        domain.remove_prefix(dot + 1);
    }
    std::sort(chosen.begin(), chosen.end(), [](const record* a, const record* b) {
        const auto length = a->what.path.size();
        const auto other = b->what.path.size();
        return length != other ? length > other : a->created < b->created;
    });
    std::string field;
    for (auto* each : chosen) {
        each->used = ++last_number_;
        if (!field.empty()) field += "; ";
        if (!each->what.name.empty()) field += each->what.name + '=';
        field += each->what.value;
    }
    return field;
}

void cookie_store::put(cookie made) {
    const auto refuse = [&](const char* cause) {
        throw std::invalid_argument("cookie '" + made.name + "': " + cause);
    };
    if (has_control_character(made.name) || has_control_character(made.value)) refuse("a control character");
    if (made.name.find_first_of("=;") != std::string::npos || made.value.find(';') != std::string::npos)
        refuse("a character that ends its name or value");
    if (made.name.empty() && made.value.empty()) refuse("neither name nor value");
    if (made.name.size() + made.value.size() > most_name_and_value) refuse("name and value are too long");
    if (made.domain.empty()) refuse("no domain");
    if (!made.path.starts_with('/')) refuse("a path that does not begin with a slash");
    if (breaks_prefix(made, true)) refuse("its name promises what it does not keep");
    made.domain = in_lower_case(made.domain);
    const std::lock_guard lock(access_);
    insert(std::move(made), now());
}

std::size_t cookie_store::remove(std::string_view name, std::string_view domain) {
    const auto wanted = in_lower_case(domain);
    const std::lock_guard lock(access_);
    return erase_if([&](const cookie& each) { return each.name == name && each.domain == wanted; });
}

void cookie_store::clear() {
    const std::lock_guard lock(access_);
    domains_.clear();
    count_ = 0;
}

void cookie_store::end_session() {
    const std::lock_guard lock(access_);
    erase_if([](const cookie& each) { return !each.expires; });
}

std::vector<cookie> cookie_store::cookies() const {
    const auto time = now();
    std::vector<const record*> found;
    const std::lock_guard lock(access_);
    for (const auto& [domain, records] : domains_)
        for (const auto& each : records)
            if (!is_expired(each.what, time)) found.push_back(&each);
    std::sort(found.begin(), found.end(),
              [](const record* a, const record* b) { return a->created < b->created; });
    std::vector<cookie> all;
    for (const auto* each : found)
        all.push_back(each->what);
    return all;
}

void cookie_store::limits(std::size_t per_domain, std::size_t total) {
    const auto time = now();
    const std::lock_guard lock(access_);
    most_per_domain_ = std::max<std::size_t>(per_domain, 1);
    most_ = std::max<std::size_t>(total, 1);
    std::vector<std::string> names;
    for (const auto& [domain, records] : domains_)
        names.push_back(domain);
    for (const auto& each : names)
        if (domains_.count(each) > 0) make_room(each, time);
}

} // namespace tandem::http::detail
