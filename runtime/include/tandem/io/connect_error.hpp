// Why no connection came about.
#pragma once
#include <string>
#include <system_error>
#include <vector>

#include <tandem/io/endpoint.hpp>

namespace tandem {

/// An address that was tried.
class connect_attempt {
  public:
    connect_attempt(const endpoint& address, std::error_code cause) noexcept
        : address_(address)
        , cause_(cause) {}
    const endpoint& address() const noexcept { return address_; }
    const std::error_code& cause() const noexcept { return cause_; }

  private:
    endpoint address_;
    std::error_code cause_;
};

/// Nobody took the connection. `what()` names the host and each address with its cause; `code()` is
/// std::errc::timed_out where the time limit ended it, else the cause of the first address.
class TANDEM_API connect_error : public std::system_error {
  public:
    /// `target` is what was asked for, "host:port"; `code` what ended it.
    connect_error(std::error_code code, const std::string& target, std::vector<connect_attempt> attempts);
    ~connect_error() override;
    const char* what() const noexcept override { return text_.c_str(); }

    /// The addresses in the order in which they were tried; empty where there was not even one in time.
    const std::vector<connect_attempt>& attempts() const noexcept { return attempts_; }

  private:
    std::vector<connect_attempt> attempts_;
    std::string text_;
};

} // namespace tandem
