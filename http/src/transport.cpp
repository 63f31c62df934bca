#include "transport.hpp"

#include <algorithm>
#include <tuple>

#include <tandem/coro/timeout.hpp>
#include <tandem/io/resolver.hpp>
#include <tandem/io/tcp_stream.hpp>
#include <tandem/io/tls_stream.hpp>
#include <tandem/io/unix_stream.hpp>

#include "proxy/http_tunnel.hpp"
#include "proxy/socks.hpp"
#include "tls_settings.hpp"

namespace tandem::http::detail {

namespace {

using stream_pointer = std::unique_ptr<byte_stream>;

/// Takes out what the filter refuses.
void filter_addresses(std::vector<endpoint>& addresses, std::string_view host, const error_site& site,
                      const route& by) {
    if (!by.filter()) return;
    std::string refused;
    std::erase_if(addresses, [&](const endpoint& each) {
        if (by.filter()->allows(each, host)) return false;
        refused += (refused.empty() ? "" : ", ") + each.address();
        return true;
    });
    if (addresses.empty())
        site.fail<address_refused>("the connect_filter refuses every address of " + std::string(host) + ": " +
                                   refused);
}

/// A connection and the TLS over it.
class opening {
  public:
    opening(const url& target, const error_site& site, const route& by, tracer& trace)
        : site_(site)
        , by_(by)
        , trace_(trace)
        , proxy_(by.proxy())
        , hands_over_(by.hands_to_proxy(target))
        , name_(target.host()) {
        std::tie(host_, port_) = by.place_of(target.host(), target.port());
        if (proxy_) who_ = "the proxy " + proxy_->name() + " on the way to " + with_port(host_, port_) + ": ";
    }

    /// What leads to the target, or, where the request is to be handed to a proxy, to that.
    task<stream_pointer> connect() {
        try {
            if (proxy_) co_return co_await connect_through_proxy();
            if (!by_.unix_socket().empty()) {
                auto stream = co_await unix_stream::connect(unix_address(by_.unix_socket()));
                co_return std::make_unique<unix_stream>(std::move(stream));
            }
            auto addresses = co_await addresses_of(host_, port_);
            filter_addresses(addresses, host_, site_, by_);
            co_return co_await connect_to(std::move(addresses), with_port(host_, port_));
        } catch (const std::system_error& failure) {
            site_.fail<connect_error>(who_ + failure.what());
        }
    }

    task<transport> secure(stream_pointer below) {
        return shake_hands(std::move(below), by_.tls(), name_, "");
    }

    std::string way() const {
        return proxy_ ? " (through the proxy " + proxy_->name() + " to " + with_port(host_, port_) + ")" : "";
    }

  private:
    task<std::vector<endpoint>> addresses_of(std::string host, std::uint16_t port) {
        auto given = by_.addresses(host, port);
        if (!given.empty()) co_return given;
        const bool is_address = endpoint::parse(host, port).has_value();
        auto asking = resolve(host, port);
        if (is_address) co_return co_await std::move(asking);
        co_return co_await trace_.follow(tracer::dns, std::move(host), std::move(asking));
    }

    task<stream_pointer> connect_through_proxy() {
        const auto to = co_await name_for_proxy(*proxy_, host_, port_, who_);
        if (hands_over_) co_return co_await connect_to_proxy();
        if (!proxy_->is_socks()) co_return co_await connect_by_http(with_port(to, port_));
        auto stream = co_await connect_to_proxy();
        auto asking = open_socks_tunnel(*stream, to, port_, *proxy_, site_);
        co_await trace_.follow(tracer::proxy, proxy_->name(), std::move(asking));
        co_return stream;
    }

    task<stream_pointer> connect_to_proxy() {
        auto stream = co_await open_way_to_proxy();
        if (!by_.proxy_tls()) co_return stream;
        auto secured = co_await shake_hands(std::move(stream), *by_.proxy_tls(), proxy_->host(), who_);
        co_return std::move(secured.stream);
    }

    task<stream_pointer> open_way_to_proxy() {
        const auto* before = by_.pre_proxy();
        if (!before) {
            auto addresses = co_await addresses_of(proxy_->host(), proxy_->port());
            co_return co_await connect_to(std::move(addresses), proxy_->authority());
        }
        const auto who = "the proxy " + before->name() + " on the way to " + proxy_->authority() + ": ";
        auto to = co_await name_for_proxy(*before, proxy_->host(), proxy_->port(), who);
        auto addresses = co_await addresses_of(before->host(), before->port());
        auto stream = co_await connect_to(std::move(addresses), before->authority());
        auto asking = open_socks_tunnel(*stream, std::move(to), proxy_->port(), *before, site_);
        co_await trace_.follow(tracer::proxy, before->name(), std::move(asking));
        co_return stream;
    }

    task<stream_pointer> connect_by_http(std::string authority) {
        auto fields = by_.proxy_fields();
        if (!by_.user_agent().empty() && !fields.contains("User-Agent"))
            fields.add("User-Agent", by_.user_agent());
        http_tunnel tunnel(std::move(authority), *proxy_, fields, by_.proxy_login(), site_);
        for (;;) {
            auto stream = co_await connect_to_proxy();
            const bool is_open = co_await trace_.follow(tracer::proxy, proxy_->name(), tunnel.open(*stream));
            if (is_open) co_return stream;
        }
    }

    /// A host as the proxy `by` is told it: by its name, or by its address where that is not the proxy's to
    /// find. The filter is asked about each address of the target that is known here; `who` begins an error.
    task<std::string> name_for_proxy(const proxy_server& by, std::string host, std::uint16_t port,
                                     std::string who) {
        const bool is_address = endpoint::parse(host, 0).has_value();
        if (by.resolves_names() && !is_address) co_return host;
        auto addresses = co_await addresses_of(host, port);
        if (by.kind() == proxy_kind::socks4) {
            std::erase_if(addresses, [](const endpoint& each) { return each.is_v6(); });
            if (addresses.empty())
                site_.fail<connect_error>(who + "SOCKS4 needs an IPv4 address, and the host has none");
        }
        if (&by == proxy_) filter_addresses(addresses, host, site_, by_);
        co_return addresses.front().address();
    }

    task<stream_pointer> connect_to(std::vector<endpoint> addresses, std::string name) {
        auto options = by_.tcp();
        if (trace_.is_watched()) options.observer(&trace_);
        auto connecting = tcp_stream::connect(std::move(addresses), std::move(name), options);
        auto stream = co_await trace_.measure(&timings::connect, std::move(connecting));
        co_return std::make_unique<tcp_stream>(std::move(stream));
    }

    task<transport> shake_hands(stream_pointer below, tls_profile& profile, std::string host,
                                std::string who) {
        auto context = profile.context(site_);
        try {
            auto shaking = tls_stream::handshake(std::move(below), context, host);
            auto stream = co_await trace_.follow(tracer::tls, host, std::move(shaking));
            transport made;
            made.protocol = stream.negotiated_protocol();
            made.was_resumed = stream.was_resumed();
            if (!made.protocol.empty() && made.protocol != "http/1.1" && made.protocol != "http/1.0")
                site_.fail<tls_error>(
                    who + "the server chose a protocol that is not spoken here: " + made.protocol);
            made.stream = std::make_unique<tls_stream>(std::move(stream));
            co_return made;
        } catch (const tls_failure& failure) {
            site_.fail<tls_error>(who + handshake_trouble(failure));
        } catch (const std::system_error& failure) {
            site_.fail<tls_error>(who + "TLS handshake failed: " + failure.code().message());
        }
    }

    const error_site& site_;
    const route& by_;
    tracer& trace_;
    const proxy_server* const proxy_;
    const bool hands_over_;
    /// What the certificate has to be for.
    const std::string name_;
    /// Where to connect to.
    std::string host_;
    std::uint16_t port_ = 0;
    /// What errors of the proxy begin with.
    std::string who_;
};

} // namespace

task<transport> open_transport(const url& target, const error_site& site, const route& by,
                               const time_limits& limits, tracer& trace) {
    opening work(target, site, by, trace);
    transport made;
    try {
        made.stream = co_await timeout(limits.connect, work.connect());
    } catch (const timed_out&) {
        site.fail_timed_out(time_limit::connect, limits.connect, work.way());
    }
    if (!target.is_https()) co_return made;
    try {
        co_return co_await timeout(limits.tls, work.secure(std::move(made.stream)));
    } catch (const timed_out&) {
        site.fail_timed_out(time_limit::tls, limits.tls, work.way());
    }
}

} // namespace tandem::http::detail
