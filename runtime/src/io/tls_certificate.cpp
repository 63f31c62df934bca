#include "io/tls_certificate.hpp"

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <array>
#include <ctime>
#include <memory>

#include <arpa/inet.h>

#include "io/tls_trouble.hpp"

namespace tandem::detail {

namespace {

using memory_pointer = std::unique_ptr<BIO, decltype([](BIO* memory) { BIO_free(memory); })>;
using names_pointer =
    std::unique_ptr<GENERAL_NAMES, decltype([](GENERAL_NAMES* names) { GENERAL_NAMES_free(names); })>;

std::string text_in(BIO* memory) {
    char* text = nullptr;
    const long size = BIO_get_mem_data(memory, &text);
    return std::string(text, static_cast<std::size_t>(size));
}

std::string text_of(const X509_NAME* name) {
    const memory_pointer memory(BIO_new(BIO_s_mem()));
    // UTF-8 as it is, control characters escaped.
    X509_NAME_print_ex(memory.get(), name, 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB);
    return text_in(memory.get());
}

std::string bytes_of(const ASN1_STRING* text) {
    return std::string(reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
                       static_cast<std::size_t>(ASN1_STRING_length(text)));
}

std::string address_of(const ASN1_OCTET_STRING* bytes) {
    char text[INET6_ADDRSTRLEN];
    const int family = ASN1_STRING_length(bytes) == 4 ? AF_INET : AF_INET6;
    if (family == AF_INET6 && ASN1_STRING_length(bytes) != 16) return "a malformed address";
    return ::inet_ntop(family, ASN1_STRING_get0_data(bytes), text, sizeof text);
}

} // namespace

std::string subject_of(const X509* certificate) {
    return text_of(X509_get_subject_name(certificate));
}

std::string issuer_of(const X509* certificate) {
    return text_of(X509_get_issuer_name(certificate));
}

std::string public_key_digest_of(const X509* certificate) {
    unsigned char* encoded = nullptr;
    const int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &encoded);
    if (size <= 0) return {};
    std::string digest(EVP_MAX_MD_SIZE, '\0');
    unsigned digest_size = 0;
    EVP_Digest(encoded, static_cast<std::size_t>(size), reinterpret_cast<unsigned char*>(digest.data()),
               &digest_size, EVP_sha256(), nullptr);
    OPENSSL_free(encoded);
    digest.resize(digest_size);
    return digest;
}

std::vector<std::string> names_of(const X509* certificate) {
    std::vector<std::string> found;
    const names_pointer names(
        static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
    for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
        const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
        if (name->type == GEN_DNS) found.push_back(bytes_of(name->d.dNSName));
        if (name->type == GEN_IPADD) found.push_back(address_of(name->d.iPAddress));
    }
    if (!found.empty()) return found;
    // Old ones have but a common name.
    const X509_NAME* subject = X509_get_subject_name(certificate);
    const int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
    if (at >= 0) found.push_back(bytes_of(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at))));
    return found;
}

std::string time_text(const ASN1_TIME* time) {
    std::tm parts{};
    if (ASN1_TIME_to_tm(time, &parts) != 1) return "an unknown date";
    char text[64];
    std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S UTC", &parts);
    return text;
}

tls_certificate describe_certificate(X509* certificate) {
    tls_certificate made;
    made.subject = subject_of(certificate);
    made.issuer = issuer_of(certificate);
    made.names = names_of(certificate);

    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    X509_digest(certificate, EVP_sha256(), digest.data(), &size);
    for (unsigned i = 0; i < size; ++i) {
        constexpr const char* digits = "0123456789abcdef";
        made.sha256 += digits[digest[i] >> 4];
        made.sha256 += digits[digest[i] & 15];
    }

    const auto key = public_key_digest_of(certificate);
    std::string base64(4 * ((key.size() + 2) / 3) + 1, '\0'); // and a zero behind it
    EVP_EncodeBlock(reinterpret_cast<unsigned char*>(base64.data()),
                    reinterpret_cast<const unsigned char*>(key.data()), static_cast<int>(key.size()));
    made.public_key_sha256 = base64.c_str();

    const memory_pointer memory(BIO_new(BIO_s_mem()));
    PEM_write_bio_X509(memory.get(), certificate);
    made.pem = text_in(memory.get());
    return made;
}

} // namespace tandem::detail
