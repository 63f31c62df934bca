#include "transport.hpp"

#include <algorithm>

#include <tandem/coro/timeout.hpp>
#include <tandem/io/resolver.hpp>
#include <tandem/io/tcp_stream.hpp>
#include <tandem/io/tls_stream.hpp>
#include <tandem/io/unix_stream.hpp>

#include "tls_settings.hpp"

namespace tandem::http::detail {

namespace {

task<std::vector<endpoint>> addresses_of(const url& target, const route& by) {
    auto given = by.addresses(target.host(), target.port());
    if (!given.empty()) co_return given;
    co_return co_await resolve(std::string(target.host()), target.port());
}

/// Takes out what the filter refuses.
void filter_addresses(std::vector<endpoint>& addresses, const url& target, const error_site& site,
                      const route& by) {
    if (!by.filter()) return;
    std::string refused;
    std::erase_if(addresses, [&](const endpoint& each) {
        if (by.filter()->allows(each, target.host())) return false;
        refused += (refused.empty() ? "" : ", ") + each.address();
        return true;
    });
    if (addresses.empty())
        site.fail<address_refused>("the connect_filter refuses every address of " +
                                   std::string(target.host()) + ": " + refused);
}

task<std::unique_ptr<byte_stream>> connect_to(const url& target, const error_site& site, const route& by) {
    try {
        if (!by.unix_socket().empty()) {
            auto stream = co_await unix_stream::connect(unix_address(by.unix_socket()));
            co_return std::make_unique<unix_stream>(std::move(stream));
        }
        auto addresses = co_await addresses_of(target, by);
        filter_addresses(addresses, target, site, by);
        const std::string host(target.host());
        const auto name =
            (host.find(':') == host.npos ? host : "[" + host + "]") + ":" + std::to_string(target.port());
        auto stream = co_await tcp_stream::connect(std::move(addresses), name, by.tcp());
        co_return std::make_unique<tcp_stream>(std::move(stream));
    } catch (const std::system_error& failure) {
        site.fail<connect_error>(failure.what());
    }
}

task<transport> secure(std::unique_ptr<byte_stream> below, const url& target, const error_site& site,
                       const route& by) {
    auto context = by.tls().context(site);
    try {
        auto stream = co_await tls_stream::handshake(std::move(below), context, std::string(target.host()));
        transport made;
        made.protocol = stream.negotiated_protocol();
        made.was_resumed = stream.was_resumed();
        if (!made.protocol.empty() && made.protocol != "http/1.1" && made.protocol != "http/1.0")
            site.fail<tls_error>("the server chose a protocol that is not spoken here: " + made.protocol);
        made.stream = std::make_unique<tls_stream>(std::move(stream));
        co_return made;
    } catch (const tls_failure& failure) {
        site.fail<tls_error>(handshake_trouble(failure));
    } catch (const std::system_error& failure) {
        site.fail<tls_error>("TLS handshake failed: " + failure.code().message());
    }
}

} // namespace

task<transport> open_transport(const url& target, const error_site& site, const route& by,
                               const time_limits& limits) {
    transport made;
    try {
        made.stream = co_await timeout(limits.connect, connect_to(target, site, by));
    } catch (const timed_out&) {
        site.fail_timed_out(time_limit::connect, limits.connect);
    }
    if (!target.is_https()) co_return made;
    try {
        co_return co_await timeout(limits.tls, secure(std::move(made.stream), target, site, by));
    } catch (const timed_out&) {
        site.fail_timed_out(time_limit::tls, limits.tls);
    }
}

} // namespace tandem::http::detail
