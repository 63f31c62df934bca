// Digest access authentication (RFC 7616), as texts.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <tandem/http/login.hpp>

#include "challenge.hpp"
#include "hasher.hpp"

namespace tandem::http::detail {

/// From the weakest to the strongest.
enum class digest_algorithm { md5, sha256, sha512_256 };

/// A hash by one of those.
class digest_hash : public hasher {
  public:
    /// Throws std::runtime_error where OpenSSL does not offer the algorithm.
    explicit digest_hash(digest_algorithm algorithm);
};

std::string digest_of(digest_algorithm algorithm, std::string_view bytes);

/// A challenge that can be met.
struct digest_challenge {
    std::string realm;
    std::string nonce;
    std::optional<std::string> opaque;
    digest_algorithm algorithm = digest_algorithm::md5;
    /// As the server spelled it; empty where it left it out.
    std::string algorithm_name;
    /// The secret is hashed with the first nonces ("-sess").
    bool is_session = false;
    /// None of the next two is what RFC 2069 had.
    bool offers_auth = false;
    bool offers_auth_int = false;
    bool is_stale = false;
    bool hashes_user = false;
    bool is_utf8 = false;

    /// The body's hash is part of the response.
    bool protects_body() const noexcept { return offers_auth_int && !offers_auth; }
};

/// Nothing for a challenge of another scheme, and for one that asks for what nobody knows (RFC 7616 section
/// 3.3: an unknown algorithm is to be ignored).
std::optional<digest_challenge> digest_challenge_of(const challenge& given);

/// What changes from one request to the next.
struct digest_request {
    std::string_view method;
    /// As in the request line.
    std::string_view target;
    std::string_view client_nonce;
    /// How often the server's nonce has been used, this request included.
    std::uint32_t count = 1;
    /// The hash of the body, if it is to be protected.
    std::string_view body_hash;
    /// The nonce of the first request after the challenge, where a later one has taken its place since:
    /// sessions are bound to it (RFC 7616 section 3.4.2).
    std::string_view first_nonce;
};

/// The value of an Authorization field.
std::string digest_authorization(const digest_challenge& given, const login& who,
                                 const digest_request& request);

/// A new client nonce, which nobody can guess.
std::string make_client_nonce();

} // namespace tandem::http::detail
