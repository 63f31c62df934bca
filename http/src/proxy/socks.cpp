#include "proxy/socks.hpp"

#include <optional>
#include <string_view>

#include <tandem/io/endpoint.hpp>

namespace tandem::http::detail {

namespace {

using namespace std::string_view_literals;

std::string_view words_for_socks5(int code) {
    switch (code) {
    case 1:
        return "general failure";
    case 2:
        return "its rules forbid it";
    case 3:
        return "the network is unreachable";
    case 4:
        return "the host is unreachable";
    case 5:
        return "the connection was refused";
    case 6:
        return "the time to live expired";
    case 7:
        return "it does not know the command";
    case 8:
        return "it does not know the kind of address";
    default:
        return "an unknown error";
    }
}

std::string_view words_for_socks4(int code) {
    switch (code) {
    case 91:
        return "rejected or failed";
    case 92:
        return "it cannot reach identd on this machine";
    case 93:
        return "identd names another user";
    default:
        return "an unknown error";
    }
}

void append_port(std::string& to, std::uint16_t port) {
    to += static_cast<char>(port >> 8);
    to += static_cast<char>(port & 255);
}

void append_address(std::string& to, const endpoint& address) {
    const auto size = address.is_v6() ? 16u : 4u;
    to.append(reinterpret_cast<const char*>(address.bytes().data()), size);
}

class negotiation {
  public:
    negotiation(byte_stream& stream, std::string host, std::uint16_t port, const proxy_server& by,
                const error_site& site)
        : stream_(stream)
        , host_(std::move(host))
        , port_(port)
        , address_(endpoint::parse(host_, port))
        , by_(by)
        , site_(site) {}

    task<> by_socks4() {
        std::string request = "\x04\x01";
        append_port(request, port_);
        if (address_ && address_->is_v6()) fail("SOCKS4 cannot reach the IPv6 address " + host_);
        if (address_)
            append_address(request, *address_);
        else
            request += "\0\0\0\1"sv; // SOCKS4a: a name follows
        request += by_.user();
        request += '\0';
        if (!address_) request += host_ + '\0';
        co_await stream_.write(request);

        const auto reply = co_await read(8);
        if (reply[0] != 0) fail_version(reply[0]);
        const int code = byte(reply[1]);
        if (code != 90) fail_refused(words_for_socks4(code), code);
    }

    task<> by_socks5() {
        co_await stream_.write(by_.has_user() ? "\5\2\0\2"sv : "\5\1\0"sv);
        const auto method = co_await read(2);
        if (method[0] != 5) fail_version(method[0]);
        co_await identify(byte(method[1]));
        co_await stream_.write(socks5_request());

        // RFC 1928 section 6; an address of any kind follows, which nobody here needs.
        const auto reply = co_await read(2);
        if (reply[0] != 5) fail_version(reply[0]);
        if (const int code = byte(reply[1])) fail_refused(words_for_socks5(code), code);
        const auto bound = co_await read(3);
        const int kind = byte(bound[1]);
        if (kind != 1 && kind != 3 && kind != 4) fail("its reply has an address of an unknown kind");
        const auto address_size = kind == 1   ? 4u
                                  : kind == 4 ? 16u
                                              : 1u + static_cast<unsigned>(byte(bound[2]));
        co_await read(address_size - 1 + 2);
    }

  private:
    static int byte(char c) noexcept { return static_cast<unsigned char>(c); }

    task<> identify(int method) {
        if (method == 0) co_return;
        if (method == 255 && by_.has_user()) fail("it takes no user name and password");
        if (method == 255) fail("it asks for a user name and password");
        if (method != 2 || !by_.has_user()) fail("it chose a way to log in that was not offered");
        std::string request = "\1";
        request += static_cast<char>(by_.user().size());
        request += by_.user();
        request += static_cast<char>(by_.password().size());
        request += by_.password();
        co_await stream_.write(request);
        const auto reply = co_await read(2);
        if (reply[0] != 1) fail("its answer to the password is none of RFC 1929");
        if (reply[1] != 0) fail("it refuses the user name and password");
    }

    std::string socks5_request() const {
        std::string request(address_ ? (address_->is_v6() ? "\5\1\0\4"sv : "\5\1\0\1"sv) : "\5\1\0\3"sv);
        if (address_) {
            append_address(request, *address_);
        } else {
            if (host_.size() > 255) fail("the host's name has more than 255 bytes: " + host_);
            request += static_cast<char>(host_.size());
            request += host_;
        }
        append_port(request, port_);
        return request;
    }

    /// Exactly so many bytes.
    task<std::string> read(std::size_t count) {
        std::string bytes(count, '\0');
        std::size_t have = 0;
        while (have < count) {
            const auto more = co_await stream_.read_some(std::span(bytes).subspan(have));
            if (more == 0) fail("it closed the connection in the middle of the negotiation");
            have += more;
        }
        co_return bytes;
    }

    [[noreturn]] void fail(const std::string& how, int code = 0) const {
        throw proxy_error(site_.url(), site_.cause("the proxy " + by_.name() + ": " + how), code);
    }
    [[noreturn]] void fail_refused(std::string_view why, int code) const {
        fail("it refused to connect to " + with_port(host_, port_) + ": " + std::string(why), code);
    }
    [[noreturn]] void fail_version(char version) const {
        fail("it does not speak this version of SOCKS: its reply begins with " +
             std::to_string(byte(version)));
    }

    byte_stream& stream_;
    const std::string host_;
    const std::uint16_t port_;
    const std::optional<endpoint> address_;
    const proxy_server& by_;
    const error_site& site_;
};

} // namespace

task<> open_socks_tunnel(byte_stream& stream, std::string host, std::uint16_t port, const proxy_server& by,
                         const error_site& site) {
    negotiation with_proxy(stream, std::move(host), port, by, site);
    const bool is_4 = by.kind() == proxy_kind::socks4 || by.kind() == proxy_kind::socks4a;
    if (is_4)
        co_await with_proxy.by_socks4();
    else
        co_await with_proxy.by_socks5();
}

} // namespace tandem::http::detail
