// The pin of a key that is in a file.
#include <tandem/io/tls_options.hpp>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <cerrno>
#include <fstream>
#include <iterator>
#include <memory>
#include <stdexcept>
#include <system_error>

#include "io/tls_certificate.hpp"

namespace tandem::detail {

namespace {

using memory_pointer = std::unique_ptr<BIO, decltype([](BIO* memory) { BIO_free(memory); })>;
using key_pointer = std::unique_ptr<EVP_PKEY, decltype([](EVP_PKEY* key) { EVP_PKEY_free(key); })>;
using certificate_pointer = std::unique_ptr<X509, decltype([](X509* read) { X509_free(read); })>;

std::string digest_of(EVP_PKEY* key) {
    unsigned char* encoded = nullptr;
    const int size = i2d_PUBKEY(key, &encoded);
    if (size <= 0) return {};
    std::string digest(EVP_MAX_MD_SIZE, '\0');
    unsigned digest_size = 0;
    EVP_Digest(encoded, static_cast<std::size_t>(size), reinterpret_cast<unsigned char*>(digest.data()),
               &digest_size, EVP_sha256(), nullptr);
    OPENSSL_free(encoded);
    digest.resize(digest_size);
    return digest;
}

/// Calls `read` on the text from its beginning.
template <class Read> auto read_with(const std::string& text, Read read) {
    const memory_pointer memory(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
    return read(memory.get());
}

/// Empty where there is neither a public key nor a certificate in `text`.
std::string pin_in(const std::string& text) {
    const key_pointer key(
        read_with(text, [](BIO* from) { return PEM_read_bio_PUBKEY(from, nullptr, nullptr, nullptr); }));
    if (key) return digest_of(key.get());
    const key_pointer bare(read_with(text, [](BIO* from) { return d2i_PUBKEY_bio(from, nullptr); }));
    if (bare) return digest_of(bare.get());
    const certificate_pointer certificate(
        read_with(text, [](BIO* from) { return PEM_read_bio_X509(from, nullptr, nullptr, nullptr); }));
    if (certificate) return public_key_digest_of(certificate.get());
    const certificate_pointer plain(read_with(text, [](BIO* from) { return d2i_X509_bio(from, nullptr); }));
    return plain ? public_key_digest_of(plain.get()) : std::string();
}

} // namespace

std::string pin_of_file(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    if (!in) throw std::invalid_argument(path + ": " + std::generic_category().message(errno));
    const std::string text(std::istreambuf_iterator<char>(in), {});
    auto pin = pin_in(text);
    ERR_clear_error();
    if (pin.empty())
        throw std::invalid_argument(path + ": neither a public key nor a certificate, as PEM or DER");
    return pin;
}

} // namespace tandem::detail
