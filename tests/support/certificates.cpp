#include "support/certificates.hpp"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <atomic>
#include <cstdio>
#include <fstream>
#include <stdexcept>

#include <unistd.h>

namespace test {

namespace {

using key_pointer = std::shared_ptr<EVP_PKEY>;
using certificate_pointer = std::shared_ptr<X509>;
constexpr long day = 24 * 60 * 60;

key_pointer new_key() {
    return key_pointer(EVP_EC_gen("P-256"), EVP_PKEY_free);
}

void extend(X509* certificate, int kind, const std::string& value) {
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, kind, value.c_str());
    if (!extension) throw std::runtime_error("a test's certificate extension: " + value);
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
}

/// Signed by `signer`, or by itself where that is null.
certificate_pointer make(const key_pointer& key, const std::string& name, const std::string& subject,
                         long until, X509* signer, EVP_PKEY* signer_key, long from = -10 * day) {
    static std::atomic<long> serial{1};
    certificate_pointer made(X509_new(), X509_free);
    X509_set_version(made.get(), 2);
    ASN1_INTEGER_set(X509_get_serialNumber(made.get()), serial++);
    X509_gmtime_adj(X509_getm_notBefore(made.get()), from);
    X509_gmtime_adj(X509_getm_notAfter(made.get()), until);
    X509_set_pubkey(made.get(), key.get());
    X509_NAME_add_entry_by_txt(X509_get_subject_name(made.get()), "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
    X509_set_issuer_name(made.get(), X509_get_subject_name(signer ? signer : made.get()));
    extend(made.get(), NID_basic_constraints, subject.empty() ? "critical,CA:TRUE" : "CA:FALSE");
    if (!subject.empty()) extend(made.get(), NID_subject_alt_name, subject);
    X509_sign(made.get(), signer_key ? signer_key : key.get(), EVP_sha256());
    return made;
}

template <class Write> std::string pem(Write write) {
    BIO* memory = BIO_new(BIO_s_mem());
    write(memory);
    char* text = nullptr;
    auto size = BIO_get_mem_data(memory, &text);
    std::string copy(text, static_cast<std::size_t>(size));
    BIO_free(memory);
    return copy;
}

identity as_pem(const certificate_pointer& certificate, const key_pointer& key) {
    return identity{pem([&](BIO* out) { PEM_write_bio_X509(out, certificate.get()); }), pem([&](BIO* out) {
                        PEM_write_bio_PrivateKey(out, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
                    })};
}

} // namespace

certificate_authority::certificate_authority(const std::string& name)
    : key_(new_key())
    , certificate_(make(key_, name, "", 10 * day, nullptr, nullptr)) {
    file_ = "/tmp/tandem-ca-XXXXXX";
    int file = ::mkstemp(file_.data());
    if (file < 0) throw std::runtime_error("no temporary file for the test authority");
    ::close(file);
    std::ofstream(file_) << as_pem(certificate_, key_).certificate;
}

certificate_authority::~certificate_authority() {
    std::remove(file_.c_str());
}

identity certificate_authority::own() const {
    return as_pem(certificate_, key_);
}

identity certificate_authority::issue(const std::string& subject) const {
    auto key = new_key();
    return as_pem(make(key, "a server", subject, 10 * day, certificate_.get(), key_.get()), key);
}

identity certificate_authority::issue_expired(const std::string& subject) const {
    auto key = new_key();
    return as_pem(make(key, "a late server", subject, -day, certificate_.get(), key_.get()), key);
}

identity certificate_authority::issue_early(const std::string& subject) const {
    auto key = new_key();
    return as_pem(make(key, "an early server", subject, 10 * day, certificate_.get(), key_.get(), day), key);
}

identity certificate_authority::self_signed(const std::string& subject) {
    auto key = new_key();
    return as_pem(make(key, "a server of its own", subject, 10 * day, nullptr, nullptr), key);
}

} // namespace test
