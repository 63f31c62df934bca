// Certificates made while the tests run.
#pragma once
#include <memory>
#include <string>

struct evp_pkey_st;
struct x509_st;

namespace test {

/// A certificate and its key, both as PEM.
struct identity {
    std::string certificate;
    std::string key;
};

/// Signs certificates that no system trusts.
class certificate_authority {
  public:
    explicit certificate_authority(const std::string& name = "Tandem's test authority");
    ~certificate_authority();

    /// A file with the authority's own certificate: what a client has to trust.
    const std::string& file() const noexcept { return file_; }

    /// The authority's own certificate and key.
    identity own() const;

    /// For `subject`, as the certificate lists it: "DNS:localhost" or "IP:127.0.0.1".
    identity issue(const std::string& subject) const;
    /// The same, valid until yesterday.
    identity issue_expired(const std::string& subject) const;
    /// The same, valid from tomorrow on.
    identity issue_early(const std::string& subject) const;
    /// Signed by itself.
    static identity self_signed(const std::string& subject);

  private:
    std::shared_ptr<evp_pkey_st> key_;
    std::shared_ptr<x509_st> certificate_;
    std::string file_;
};

} // namespace test
