#include "transport.hpp"

#include <tandem/coro/timeout.hpp>
#include <tandem/io/resolver.hpp>
#include <tandem/io/tcp_stream.hpp>
#include <tandem/io/tls_stream.hpp>

#include "tls_settings.hpp"

namespace tandem::http::detail {

namespace {

task<std::unique_ptr<tcp_stream>> connect_to(const url& target, const error_site& site) {
    try {
        auto stream = co_await tcp_stream::connect(std::string(target.host()), target.port());
        co_return std::make_unique<tcp_stream>(std::move(stream));
    } catch (const resolve_error& failure) {
        site.fail<connect_error>(failure.what());
    } catch (const tandem::connect_error& failure) {
        site.fail<connect_error>(failure.what());
    }
}

task<std::unique_ptr<byte_stream>> secure(std::unique_ptr<byte_stream> below, const url& target,
                                          const error_site& site, tls_context context) {
    try {
        auto stream = co_await tls_stream::handshake(std::move(below), context, std::string(target.host()));
        co_return std::make_unique<tls_stream>(std::move(stream));
    } catch (const tls_failure& failure) {
        site.fail<tls_error>(handshake_trouble(failure));
    } catch (const std::system_error& failure) {
        site.fail<tls_error>("TLS handshake failed: " + failure.code().message());
    }
}

task<std::unique_ptr<byte_stream>> open(const url& target, const error_site& site, tls_settings& tls) {
    std::unique_ptr<byte_stream> stream = co_await connect_to(target, site);
    if (target.is_https()) stream = co_await secure(std::move(stream), target, site, tls.context(site));
    co_return stream;
}

} // namespace

task<std::unique_ptr<byte_stream>> open_transport(const url& target, const error_site& site,
                                                  tls_settings& tls, duration limit) {
    try {
        co_return co_await timeout(limit, open(target, site, tls));
    } catch (const timed_out&) {
        throw timeout_error(site.url(), time_limit::connect, std::chrono::duration<double>(limit).count());
    }
}

} // namespace tandem::http::detail
