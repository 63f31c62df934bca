#include <tandem/io/tls_failure.hpp>

namespace tandem {

namespace {

class category final : public std::error_category {
  public:
    const char* name() const noexcept override { return "tls"; }
    std::string message(int code) const override {
        switch (static_cast<tls_errc>(code)) {
        case tls_errc::expired:
            return "the certificate has expired";
        case tls_errc::not_yet_valid:
            return "the certificate is not valid yet";
        case tls_errc::wrong_host:
            return "the certificate is for another host";
        case tls_errc::self_signed:
            return "the certificate is self-signed";
        case tls_errc::unknown_authority:
            return "the certificate's authority is not trusted";
        case tls_errc::bad_certificate:
            return "the certificate is not valid";
        case tls_errc::no_certificate:
            return "the client sent no certificate";
        case tls_errc::alert_received:
            return "the peer gave up with an alert";
        case tls_errc::protocol_version:
            return "no TLS version in common";
        case tls_errc::no_shared_algorithm:
            return "no algorithm in common";
        case tls_errc::no_shared_protocol:
            return "no application protocol in common";
        case tls_errc::not_tls:
            return "the peer does not speak TLS";
        case tls_errc::truncated:
            return "the stream was cut off";
        case tls_errc::protocol:
            return "the TLS protocol was broken";
        case tls_errc::broken:
            return "an earlier write was cancelled in the middle";
        case tls_errc::unpinned_key:
            return "none of the server's keys is pinned";
        case tls_errc::configuration:
            return "a TLS setting cannot be used";
        }
        return "unknown TLS error";
    }
};

/// What a peer's certificate says ends up in logs and on terminals: control characters must not act there.
std::string one_line(std::string_view text) {
    std::string line;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        line += byte < 0x20 || byte == 0x7f ? '?' : c;
    }
    return line;
}

} // namespace

const std::error_category& tls_category() noexcept {
    static const category only;
    return only;
}

std::error_code make_error_code(tls_errc code) noexcept {
    return {static_cast<int>(code), tls_category()};
}

struct tls_failure::text {
    std::string line;
    std::size_t peer_size;
    std::string reason;
};

tls_failure::tls_failure(tls_errc code, std::string_view peer, std::string_view cause,
                         std::string_view reason)
    : std::system_error(code) {
    std::string line = one_line(peer);
    const std::size_t peer_size = line.size();
    line += ": " + one_line(cause);
    text_ = std::make_shared<const text>(text{std::move(line), peer_size, std::string(reason)});
}

tls_failure::~tls_failure() = default;

const char* tls_failure::what() const noexcept {
    return text_->line.c_str();
}

std::string_view tls_failure::peer() const noexcept {
    return std::string_view(text_->line).substr(0, text_->peer_size);
}

std::string_view tls_failure::cause() const noexcept {
    return std::string_view(text_->line).substr(text_->peer_size + 2);
}

std::string_view tls_failure::reason() const noexcept {
    return text_->reason.empty() ? cause() : std::string_view(text_->reason);
}

bool tls_failure::is_about_certificate() const noexcept {
    switch (static_cast<tls_errc>(code().value())) {
    case tls_errc::expired:
    case tls_errc::not_yet_valid:
    case tls_errc::wrong_host:
    case tls_errc::self_signed:
    case tls_errc::unknown_authority:
    case tls_errc::bad_certificate:
    case tls_errc::no_certificate:
    case tls_errc::unpinned_key:
        return true;
    default:
        return false;
    }
}

} // namespace tandem
