// Where a connection goes: an IP address and a port.
#pragma once
#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <tandem/base/config.hpp>

namespace tandem {

/// An IPv4 or IPv6 address with a port, as a value.
class TANDEM_API endpoint {
  public:
    /// 0.0.0.0, port 0.
    endpoint() noexcept = default;

    /// `address` in numbers ("127.0.0.1", "::1", "fe80::1%eth0"); names are for `resolve`. Throws
    /// std::invalid_argument.
    endpoint(std::string_view address, std::uint16_t port);

    /// The same, empty where `address` is none.
    static std::optional<endpoint> parse(std::string_view address, std::uint16_t port) noexcept;

    /// Bytes in network order; of a v4 address the first four count.
    endpoint(bool v6, const std::array<unsigned char, 16>& bytes, std::uint32_t scope,
             std::uint16_t port) noexcept
        : bytes_(bytes)
        , scope_(scope)
        , port_(port)
        , v6_(v6) {}

    bool is_v6() const noexcept { return v6_; }
    bool is_loopback() const noexcept;
    std::uint16_t port() const noexcept { return port_; }
    endpoint with_port(std::uint16_t port) const noexcept { return endpoint(v6_, bytes_, scope_, port); }

    const std::array<unsigned char, 16>& bytes() const noexcept { return bytes_; }
    /// The interface that a link-local IPv6 address belongs to, else 0.
    std::uint32_t scope() const noexcept { return scope_; }

    /// The address in numbers, without the port.
    std::string address() const;
    /// `address:port`, an IPv6 address in brackets.
    std::string to_string() const;

    friend bool operator==(const endpoint&, const endpoint&) noexcept = default;
    friend auto operator<=>(const endpoint&, const endpoint&) noexcept = default;

  private:
    std::array<unsigned char, 16> bytes_{};
    std::uint32_t scope_ = 0;
    std::uint16_t port_ = 0;
    bool v6_ = false;
};

} // namespace tandem
