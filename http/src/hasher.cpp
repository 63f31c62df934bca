#include "hasher.hpp"

#include <array>
#include <stdexcept>

#include <openssl/evp.h>

namespace tandem::http::detail {

hasher::hasher(const char* algorithm)
    : context_(EVP_MD_CTX_new(), EVP_MD_CTX_free) {
    const std::shared_ptr<EVP_MD> found(EVP_MD_fetch(nullptr, algorithm, nullptr), EVP_MD_free);
    if (!found || EVP_DigestInit_ex2(context_.get(), found.get(), nullptr) != 1)
        throw std::runtime_error(std::string("OpenSSL offers no ") + algorithm);
}

hasher& hasher::add(std::string_view bytes) {
    EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size());
    return *this;
}

std::string hasher::hex() {
    constexpr char digits[] = "0123456789abcdef";
    std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
    unsigned size = 0;
    EVP_DigestFinal_ex(context_.get(), bytes.data(), &size);
    std::string text;
    text.reserve(2 * size);
    for (unsigned i = 0; i < size; ++i) {
        text += digits[bytes[i] >> 4];
        text += digits[bytes[i] & 15];
    }
    return text;
}

} // namespace tandem::http::detail
