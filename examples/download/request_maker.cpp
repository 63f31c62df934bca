#include "download/request_maker.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <stdexcept>
#include <string_view>
#include <unistd.h>
#include <utility>
#include <vector>

#include "download/options/body_data.hpp"
#include "download/standard_input.hpp"
#include <tandem/http/login.hpp>

namespace http = tandem::http;
using tandem::duration;

namespace {

using fields = std::vector<std::pair<std::string, std::string>>;

http::login login_of(const std::string& text, http::login_method method) {
    const auto colon = text.find(':');
    http::login made(text.substr(0, colon), text.substr(colon + 1));
    if (method == http::login_method::basic) made.basic();
    if (method == http::login_method::digest) made.digest();
    return made;
}

/// `link` with `more` at the end of its query, before a fragment.
std::string with_query(std::string link, const std::string& more) {
    if (more.empty()) return link;
    const auto fragment = std::min(link.find('#'), link.size());
    const auto mark = link.find('?');
    const char* between = mark >= fragment ? "?" : mark + 1 == fragment ? "" : "&";
    return link.insert(fragment, between + more);
}

/// Where a file called `file` is put: as curl, at a URL that ends in a slash or has no path.
std::string with_file_name(std::string link, const std::string& file) {
    const auto end = link.find_first_of("?#");
    const auto path = link.substr(0, end);
    const auto host = path.find("://");
    const bool is_bare = host != path.npos && path.find('/', host + 3) == path.npos;
    if (!path.ends_with('/') && !is_bare) return link;
    const auto name = percent_encoded(file.substr(file.rfind('/') + 1));
    return path + (is_bare ? "/" : "") + name + (end == link.npos ? std::string() : link.substr(end));
}

/// A SOCKS proxy takes its login from its URL alone: `proxy` with `user` in it. Another is returned as it is.
std::string with_socks_login(const std::string& proxy, const std::string& user) {
    const auto scheme = proxy.find("://");
    if (scheme == proxy.npos || !http::equal_ignoring_case(proxy.substr(0, 5), "socks")) return proxy;
    const auto host = scheme + 3;
    const auto end = std::min(proxy.find_first_of("/?#", host), proxy.size());
    const auto at = proxy.substr(0, end).rfind('@');
    const auto colon = user.find(':');
    return proxy.substr(0, host) + percent_encoded(user.substr(0, colon)) + ':' +
           percent_encoded(user.substr(colon + 1)) + '@' +
           proxy.substr(at == proxy.npos || at < host ? host : at + 1);
}

bool is_secret(const std::string& name) {
    return http::equal_ignoring_case(name, "X-Api-Key") || http::equal_ignoring_case(name, "X-Auth-Token");
}

/// Fields of one name belong on one line (RFC 9110 section 5.3).
void add_field(fields& to, const std::string& name, const std::string& value) {
    for (auto& [known, text] : to)
        if (http::equal_ignoring_case(known, name)) {
            text += (http::equal_ignoring_case(name, "Cookie") ? "; " : ", ") + value;
            return;
        }
    to.emplace_back(name, value);
}

bool has(const fields& all, std::string_view name) {
    return std::any_of(all.begin(), all.end(),
                       [&](const auto& each) { return http::equal_ignoring_case(each.first, name); });
}

/// The first line of a file, which need not be there yet.
std::string first_line_of(const std::string& file) {
    try {
        const auto text = content_of(file);
        return text.substr(0, text.find_first_of("\r\n"));
    } catch (const std::runtime_error&) {
        return {};
    }
}

} // namespace

request_maker::request_maker(const get_options& chosen)
    : chosen_(chosen)
    , usual_(usual_download()) {
    read_cookies();
    read_netrc();
    if (!chosen.output.checksum_file.empty())
        checksums_ = http::checksum_list::read(chosen.output.checksum_file);
    if (!chosen.request.etag_compare.empty()) known_etag_ = first_line_of(chosen.request.etag_compare);
}

bool request_maker::has_jar() const noexcept {
    const auto& all = chosen_.identity;
    return !all.cookie_jar.empty() ||
           std::any_of(all.cookies.begin(), all.cookies.end(),
                       [](const std::string& each) { return each.find('=') == each.npos; });
}

/// What has no equals sign is the name of a file; an empty one turns the jar on, as curl has it.
void request_maker::read_cookies() {
    const auto which =
        chosen_.identity.junk_session_cookies ? http::session_cookies::drop : http::session_cookies::keep;
    for (const auto& each : chosen_.identity.cookies) {
        if (each.find('=') == each.npos) {
            if (!each.empty()) jar_.load(each, which);
        } else {
            cookie_line_ += (cookie_line_.empty() ? "" : "; ") + each;
        }
    }
}

void request_maker::read_netrc() {
    const auto& identity = chosen_.identity;
    if (identity.netrc == netrc_use::none) return;
    if (!identity.netrc_file.empty()) {
        logins_ = http::netrc::read(identity.netrc_file);
        return;
    }
    const char* named = std::getenv("NETRC");
    const char* home = std::getenv("HOME");
    if (identity.netrc == netrc_use::optional)
        logins_ = http::netrc::read_usual();
    else
        logins_ = http::netrc::read(named && *named ? named : std::string(home ? home : "") + "/.netrc");
}

http::client_options request_maker::client() const {
    const auto& limits = chosen_.limits;
    http::client_options made;
    made.user_agent(chosen_.request.user_agent.value_or("tandem-get/" TANDEM_VERSION));
    made.per_host(static_cast<std::size_t>(limits.per_host > 0 ? limits.per_host : limits.jobs));
    made.total(static_cast<std::size_t>(std::max(512, limits.jobs)));
    made.tls(tls());
    add_network(made);
    add_proxy(made);
    add_limits(made);
    if (has_jar()) made.cookies(jar_);
    return made;
}

tandem::tls_client_options request_maker::tls() const {
    const auto& chosen = chosen_.tls;
    tandem::tls_client_options made;
    if (!chosen.ca_file.empty()) made.ca_file(chosen.ca_file);
    if (!chosen.certificate.empty())
        made.certificate_file(chosen.certificate, chosen.key.empty() ? chosen.certificate : chosen.key);
    for (const auto& each : chosen.pins) {
        if (each.starts_with("sha256//"))
            made.pin_public_key(each);
        else
            made.pin_public_key_file(each);
    }
    if (chosen.least) made.minimum_version(*chosen.least);
    if (chosen.most) made.maximum_version(*chosen.most);
    return made;
}

void request_maker::add_network(http::client_options& to) const {
    const auto& network = chosen_.network;
    for (const auto& each : network.addresses)
        to.resolve_at(each.host, each.port, each.address.address());
    for (const auto& each : network.detours)
        to.connect_to(each.host, each.port, each.to_host, each.to_port);
    if (!network.unix_socket.empty()) to.unix_socket(network.unix_socket);
    if (!network.local_address.empty()) to.local_address(network.local_address);
}

void request_maker::add_proxy(http::client_options& to) const {
    const auto& proxy = chosen_.proxy;
    if (proxy.proxy) to.proxy(proxy.user ? with_socks_login(*proxy.proxy, *proxy.user) : *proxy.proxy);
    if (!proxy.preproxy.empty()) to.pre_proxy(proxy.preproxy);
    if (proxy.no_proxy) to.no_proxy(*proxy.no_proxy);
    if (proxy.tunnel) to.proxy_tunnel();
    for (const auto& [name, value] : proxy.headers)
        to.proxy_header(name, value);
    if (proxy.user)
        to.proxy_login(
            login_of(*proxy.user, proxy.digest ? http::login_method::digest : http::login_method::basic));
}

void request_maker::add_limits(http::client_options& to) const {
    const auto& limits = chosen_.limits;
    to.max_redirects(limits.follows_redirects ? limits.max_redirects : 0);
    to.trust_redirects(limits.location_trusted);
    to.auto_referer(chosen_.request.referer_follows);
    to.keep_method(!chosen_.request.method.empty());
    if (limits.connect_timeout) to.connect_timeout(*limits.connect_timeout);
    if (limits.max_time) to.total_timeout(*limits.max_time);
    if (limits.speed_limit || limits.speed_time)
        to.low_speed_limit(limits.speed_limit.value_or(1),
                           limits.speed_time.value_or(std::chrono::seconds(30)));
}

http::url request_maker::target(const list_item& item) const {
    auto link = item.link;
    const auto& upload = chosen_.body.upload_file;
    if (!upload.empty() && upload != "-") link = with_file_name(std::move(link), upload);
    if (chosen_.body.as_query) link = with_query(std::move(link), *chosen_.body.data);
    link = with_query(std::move(link), chosen_.source.query);
    return chosen_.source.path_as_is ? http::url::with_path_as_is(link) : http::url(link);
}

std::string request_maker::method() const {
    const auto& body = chosen_.body;
    if (!chosen_.request.method.empty()) return chosen_.request.method;
    if (chosen_.request.head) return "HEAD";
    if (!body.upload_file.empty()) return "PUT";
    if (!body.form.empty() || (body.data && !body.as_query)) return "POST";
    return "GET";
}

http::request_builder request_maker::request(const http::client& web, const list_item& item,
                                             const http::url& target) const {
    auto made = web.request(method(), target);
    add_body(made);
    add_headers(made, item);
    add_conditions(made);
    add_login(made, target);
    made.decode(chosen_.request.compressed);
    made.raw(chosen_.request.raw);
    if (chosen_.tls.insecure) made.insecure_accept_any_certificate();
    return made;
}

void request_maker::add_headers(http::request_builder& to, const list_item& item) const {
    const auto& request = chosen_.request;
    fields all = item.headers;
    for (const auto& each : request.headers) {
        if (each.value)
            add_field(all, each.name, *each.value);
        else
            to.without_header(each.name);
    }
    if (!cookie_line_.empty()) add_field(all, "Cookie", cookie_line_);
    if (!request.referer.empty() && !has(all, "Referer")) add_field(all, "Referer", request.referer);
    if (chosen_.body.is_json && !has(all, "Accept")) add_field(all, "Accept", "application/json");
    for (const auto& [name, value] : all) {
        if (is_secret(name))
            to.secret_header(name, value);
        else
            to.header(name, value);
    }
}

void request_maker::add_conditions(http::request_builder& to) const {
    const auto& request = chosen_.request;
    if (!request.range.empty()) to.header("Range", "bytes=" + request.range);
    if (!known_etag_.empty()) to.header("If-None-Match", known_etag_);
    if (!request.modified_since.empty()) to.header("If-Modified-Since", request.modified_since);
    if (!request.unmodified_since.empty()) to.header("If-Unmodified-Since", request.unmodified_since);
}

/// --user goes before what the URL says, and that before netrc.
void request_maker::add_login(http::request_builder& to, const http::url& target) const {
    const auto& identity = chosen_.identity;
    if (!identity.bearer.empty()) {
        to.bearer(identity.bearer);
    } else if (identity.user && identity.user->find(':') != identity.user->npos) {
        to.credentials(login_of(*identity.user, identity.method));
    } else if (logins_ && target.user_info().empty()) {
        const auto* entry = logins_->find(target.host(), identity.user.value_or(""));
        if (!entry && identity.user)
            throw std::runtime_error("netrc has no password of '" + *identity.user + "' for " +
                                     std::string(target.host()));
        if (entry) to.credentials(login_of(entry->login + ':' + entry->password, identity.method));
    }
}

void request_maker::add_body(http::request_builder& to) const {
    const auto& body = chosen_.body;
    if (!body.form.empty()) {
        http::multipart parts;
        for (const auto& each : body.form) {
            const auto type = each.type.empty() ? "application/octet-stream" : each.type;
            if (!each.path.empty() && each.file_name.empty())
                parts.add_file(each.name, each.path, type);
            else if (!each.path.empty())
                parts.add_file_as(each.name, each.path, each.file_name, type);
            else if (!each.file_name.empty())
                parts.add_bytes(each.name, each.content, each.file_name, type);
            else if (!each.type.empty())
                parts.add(each.name, each.content, each.type);
            else
                parts.add(each.name, each.content);
        }
        to.multipart(parts);
    } else if (body.upload_file == "-") {
        to.body_stream(standard_input(), "");
    } else if (!body.upload_file.empty()) {
        to.body_file(body.upload_file, "");
    } else if (body.data && !body.as_query) {
        to.body(*body.data, body.is_json ? "application/json" : "application/x-www-form-urlencoded");
    }
}

std::optional<http::retry_policy> request_maker::retries() const {
    const auto& limits = chosen_.limits;
    if (limits.retries == 0) return std::nullopt;
    http::retry_policy made;
    made.attempts(limits.retries + 1);
    if (limits.retry_delay) made.pause(*limits.retry_delay, 1.0, *limits.retry_delay).jitter(0);
    made.all_errors(limits.retries_all_errors);
    if (limits.retry_max_time) made.give_up_after(*limits.retry_max_time);
    return made;
}

http::download_options request_maker::usual_download() const {
    const auto& output = chosen_.output;
    const auto& limits = chosen_.limits;
    http::download_options made;
    made.folder(output.folder).suggested_name(output.suggested_name).existing(output.existing);
    // A part of what was asked for (or of what it decodes to) is no part of the whole.
    const bool is_whole = chosen_.request.range.empty() && !chosen_.request.raw;
    made.resume(output.resume && is_whole && !output.remove_on_error).trust_partial(output.trust_partial);
    made.keep_part(!output.remove_on_error);
    if (auto policy = retries())
        made.retry(*policy);
    else
        made.no_retry();
    made.segments(limits.segments).limit_rate(limits.rate.value_or(0));
    if (limits.max_filesize) made.max_size(*limits.max_filesize);
    made.durable(output.durable).remote_time(output.remote_time).record_origin(output.record_origin);
    made.keep_error_body(output.fail_with_body);
    if (output.checksum) made.checksum(*output.checksum);
    return made;
}

http::download_options request_maker::download(const list_item& item, const http::url& target) const {
    auto made = usual_;
    if (!item.folder.empty()) made.folder(item.folder);
    made.file(item.out);
    for (const auto& each : item.mirrors)
        made.mirror(http::url(each));
    if (item.checksum) {
        made.checksum(*item.checksum);
    } else if (checksums_ && !usual_.checksum()) {
        const auto name = item.out.empty() ? target.file_name() : item.out.substr(item.out.rfind('/') + 1);
        const auto* found = checksums_->find(name);
        if (!found)
            throw http::checksum_error(target.to_string(),
                                       chosen_.output.checksum_file + " has no checksum of " + name);
        made.checksum(*found);
    }
    return made;
}

void request_maker::save_cookies() const {
    const auto& file = chosen_.identity.cookie_jar;
    if (file.empty()) return;
    if (file != "-") return jar_.save(file);
    // A jar writes files only, and those in one step.
    const auto between =
        std::filesystem::temp_directory_path() / ("tandem-get-" + std::to_string(::getpid()));
    jar_.save(between.string());
    std::cout << content_of(between.string()) << std::flush;
    std::filesystem::remove(between);
}
