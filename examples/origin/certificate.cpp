#include "origin/certificate.hpp"

#include <memory>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <stdexcept>

namespace {

template <auto Free> struct freed_by {
    void operator()(auto* object) const { Free(object); }
};
using key_ptr = std::unique_ptr<EVP_PKEY, freed_by<EVP_PKEY_free>>;
using certificate_ptr = std::unique_ptr<X509, freed_by<X509_free>>;
using extension_ptr = std::unique_ptr<X509_EXTENSION, freed_by<X509_EXTENSION_free>>;
using bio_ptr = std::unique_ptr<BIO, freed_by<BIO_free_all>>;

/// OpenSSL answers with null or 0 where something failed.
template <class T> T need(T result) {
    if (!result) throw std::runtime_error("OpenSSL could not make a certificate");
    return result;
}

void set_common_name(X509_NAME* subject, const std::string& name) {
    need(X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
                                    reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0));
}

void add_extension(X509* certificate, X509* issuer, int type, const std::string& value) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
    extension_ptr extension(need(X509V3_EXT_conf_nid(nullptr, &context, type, value.c_str())));
    need(X509_add_ext(certificate, extension.get(), -1));
}

certificate_ptr unsigned_certificate(const std::string& name, EVP_PKEY* key) {
    certificate_ptr certificate(need(X509_new()));
    X509_set_version(certificate.get(), X509_VERSION_3);
    std::uint32_t serial = 0;
    need(RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial) == 1);
    ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate.get()), serial);
    constexpr long day = 24 * 60 * 60;
    X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -day);
    X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 365 * day);
    set_common_name(X509_get_subject_name(certificate.get()), name);
    need(X509_set_pubkey(certificate.get(), key));
    return certificate;
}

template <class Write> std::string pem(Write write) {
    bio_ptr memory(need(BIO_new(BIO_s_mem())));
    need(write(memory.get()));
    char* text = nullptr;
    auto size = BIO_get_mem_data(memory.get(), &text);
    return {text, static_cast<std::size_t>(size)};
}

} // namespace

identity make_identity(const std::vector<std::string>& names) {
    key_ptr authority_key(need(EVP_EC_gen("P-256")));
    auto authority = unsigned_certificate("Tandem's example authority", authority_key.get());
    X509_set_issuer_name(authority.get(), X509_get_subject_name(authority.get()));
    add_extension(authority.get(), authority.get(), NID_basic_constraints, "critical,CA:TRUE");
    add_extension(authority.get(), authority.get(), NID_key_usage, "critical,keyCertSign,cRLSign");
    add_extension(authority.get(), authority.get(), NID_subject_key_identifier, "hash");
    need(X509_sign(authority.get(), authority_key.get(), EVP_sha256()));

    std::string alternatives;
    for (auto& name : names)
        alternatives += (alternatives.empty() ? "DNS:" : ",DNS:") + name;
    key_ptr key(need(EVP_EC_gen("P-256")));
    auto certificate = unsigned_certificate(names.at(0), key.get());
    X509_set_issuer_name(certificate.get(), X509_get_subject_name(authority.get()));
    add_extension(certificate.get(), authority.get(), NID_subject_alt_name, alternatives);
    add_extension(certificate.get(), authority.get(), NID_ext_key_usage, "serverAuth");
    need(X509_sign(certificate.get(), authority_key.get(), EVP_sha256()));

    return {.authority = pem([&](BIO* out) { return PEM_write_bio_X509(out, authority.get()); }),
            .certificate = pem([&](BIO* out) { return PEM_write_bio_X509(out, certificate.get()); }),
            .key = pem([&](BIO* out) {
                return PEM_write_bio_PrivateKey(out, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
            })};
}
