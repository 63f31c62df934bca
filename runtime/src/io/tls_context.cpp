#include <tandem/io/tls_context.hpp>

#include <openssl/evp.h>

#include <stdexcept>

#include "io/tls_shared.hpp"

namespace tandem {

std::vector<std::string> detail::checked_protocols(std::vector<std::string> names) {
    std::size_t total = 0;
    for (const std::string& name : names) {
        if (name.empty() || name.size() > 255)
            throw std::invalid_argument("the name of an application protocol has 1 to 255 bytes: '" + name +
                                        "'");
        total += 1 + name.size();
    }
    if (total > 65535) throw std::invalid_argument("too many application protocols");
    return names;
}

std::string detail::checked_pin(std::string_view text) {
    constexpr std::size_t size = 32;
    constexpr std::string_view prefix = "sha256//";
    const auto digits = text.starts_with(prefix) ? text.substr(prefix.size()) : text;
    // 32 bytes are 43 digits and one for padding, which the decoder takes for a zero.
    unsigned char bytes[size + 1];
    const bool is_one =
        digits.size() == 44 && digits.find('=') == 43 &&
        EVP_DecodeBlock(bytes, reinterpret_cast<const unsigned char*>(digits.data()), 44) == size + 1;
    if (!is_one)
        throw std::invalid_argument("a pinned key is the SHA-256 of a public key in base64, 44 digits: '" +
                                    std::string(text) + "'");
    return std::string(reinterpret_cast<const char*>(bytes), size);
}

tls_context::tls_context(const tls_client_options& options)
    : shared_(std::make_shared<detail::tls_shared>(options)) {}

tls_context::tls_context(const tls_server_options& options)
    : shared_(std::make_shared<detail::tls_shared>(options)) {}

bool tls_context::is_server() const noexcept {
    return shared_->is_server();
}

std::size_t tls_context::remembered_sessions() const {
    return shared_->sessions().count();
}

} // namespace tandem
