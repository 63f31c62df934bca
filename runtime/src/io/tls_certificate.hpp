// What a certificate says.
#pragma once
#include <string>
#include <vector>

#include <openssl/x509.h>

namespace tandem::detail {

std::string subject_of(const X509* certificate);
/// The SHA-256 of its public key, as bytes.
std::string public_key_digest_of(const X509* certificate);
std::string issuer_of(const X509* certificate);
/// The hosts and addresses it is for.
std::vector<std::string> names_of(const X509* certificate);
/// "2026-11-24 16:44:00 UTC".
std::string time_text(const ASN1_TIME* time);

} // namespace tandem::detail
