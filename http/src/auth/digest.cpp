#include "digest.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <stdexcept>

#include <openssl/rand.h>

#include "field_reader.hpp"
#include "field_syntax.hpp"
#include "text_codec.hpp"

namespace tandem::http::detail {

namespace {

struct known_algorithm {
    std::string_view name;
    digest_algorithm value;
    const char* in_openssl;
};
constexpr std::array<known_algorithm, 3> known_algorithms = {{
    {"MD5", digest_algorithm::md5, "MD5"},
    {"SHA-256", digest_algorithm::sha256, "SHA256"},
    {"SHA-512-256", digest_algorithm::sha512_256, "SHA512-256"},
}};

/// Returns false for an unknown one.
bool set_algorithm(digest_challenge& to, std::string_view name) {
    to.algorithm_name = name;
    constexpr std::string_view session = "-sess";
    if (name.size() > session.size() &&
        equal_ignoring_case(name.substr(name.size() - session.size()), session)) {
        to.is_session = true;
        name.remove_suffix(session.size());
    }
    for (const auto& each : known_algorithms) {
        if (!equal_ignoring_case(each.name, name)) continue;
        to.algorithm = each.value;
        return true;
    }
    return false;
}

void set_protection(digest_challenge& to, std::string_view options) {
    field_reader in(options);
    while (!in.is_at_end()) {
        const auto option = in.until(", \t");
        if (equal_ignoring_case(option, "auth")) to.offers_auth = true;
        if (equal_ignoring_case(option, "auth-int")) to.offers_auth_int = true;
        while (in.skip(',') || in.skip(' ') || in.skip('\t'))
            ;
    }
}

bool is_true(const std::string* text) {
    return text && equal_ignoring_case(*text, "true");
}

/// A text between quotes (RFC 9110 section 5.6.4).
std::string quoted(std::string_view text) {
    std::string out = "\"";
    for (char c : text) {
        if (c == '"' || c == '\\') out += '\\';
        out += c;
    }
    return out += '"';
}

bool is_ascii(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](unsigned char c) { return c < 0x80; });
}

/// RFC 8187 section 3.2: all but letters and digits may be encoded.
std::string extended(std::string_view text) {
    std::string out = "UTF-8''";
    for (unsigned char c : text) {
        const bool stays = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
        if (stays) {
            out += static_cast<char>(c);
        } else {
            char triplet[4];
            std::snprintf(triplet, sizeof triplet, "%%%02X", c);
            out += triplet;
        }
    }
    return out;
}

/// The first part of the value: who it is.
std::string user_field(const digest_challenge& given, const std::string& user) {
    if (given.hashes_user) return "username=" + quoted(digest_of(given.algorithm, user + ":" + given.realm));
    if (given.is_utf8 && !is_ascii(user)) return "username*=" + extended(user);
    return "username=" + quoted(user);
}

} // namespace

digest_hash::digest_hash(digest_algorithm algorithm)
    : hasher(known_algorithms[static_cast<std::size_t>(algorithm)].in_openssl) {}

std::string digest_of(digest_algorithm algorithm, std::string_view bytes) {
    return digest_hash(algorithm).add(bytes).hex();
}

std::optional<digest_challenge> digest_challenge_of(const challenge& given) {
    if (!given.is("Digest")) return std::nullopt;
    const auto* realm = given.find("realm");
    const auto* nonce = given.find("nonce");
    if (!realm || !nonce) return std::nullopt;
    digest_challenge made;
    made.realm = *realm;
    made.nonce = *nonce;
    if (const auto* opaque = given.find("opaque")) made.opaque = *opaque;
    // These go back in a header of ours.
    if (has_control_character(made.realm + made.nonce + made.opaque.value_or(""))) return std::nullopt;
    if (const auto* name = given.find("algorithm"); name && !set_algorithm(made, *name)) return std::nullopt;
    if (const auto* options = given.find("qop")) {
        set_protection(made, *options);
        if (!made.offers_auth && !made.offers_auth_int) return std::nullopt;
    }
    made.is_stale = is_true(given.find("stale"));
    made.hashes_user = is_true(given.find("userhash"));
    const auto* charset = given.find("charset");
    made.is_utf8 = charset && equal_ignoring_case(*charset, "UTF-8");
    return made;
}

std::string digest_authorization(const digest_challenge& given, const login& who,
                                 const digest_request& request) {
    const auto hash = [&](const std::string& text) { return digest_of(given.algorithm, text); };
    const std::string client_nonce(request.client_nonce);
    const bool has_qop = given.offers_auth || given.offers_auth_int;
    const std::string qop = given.protects_body() ? "auth-int" : "auth";
    char count[9];
    std::snprintf(count, sizeof count, "%08x", request.count);

    std::string secret = hash(who.user() + ":" + given.realm + ":" + who.password());
    if (given.is_session) {
        const std::string first(request.first_nonce.empty() ? given.nonce : request.first_nonce);
        secret = hash(secret + ":" + first + ":" + client_nonce);
    }
    std::string subject = std::string(request.method) + ":" + std::string(request.target);
    if (given.protects_body()) subject += ":" + std::string(request.body_hash);
    std::string salt = given.nonce;
    if (has_qop) salt += std::string(":") + count + ":" + client_nonce + ":" + qop;
    const auto response = hash(secret + ":" + salt + ":" + hash(subject));

    std::string value = "Digest " + user_field(given, who.user());
    value += ", realm=" + quoted(given.realm) + ", nonce=" + quoted(given.nonce);
    value += ", uri=" + quoted(request.target);
    if (!given.algorithm_name.empty()) value += ", algorithm=" + given.algorithm_name;
    if (has_qop) value += ", qop=" + qop + ", nc=" + count;
    if (has_qop || given.is_session) value += ", cnonce=" + quoted(client_nonce);
    value += ", response=" + quoted(response);
    if (given.opaque) value += ", opaque=" + quoted(*given.opaque);
    if (given.hashes_user) value += ", userhash=true";
    return value;
}

std::string make_client_nonce() {
    std::array<unsigned char, 18> bytes{};
    if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1)
        throw std::runtime_error("OpenSSL has no random numbers");
    return base64({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

} // namespace tandem::http::detail
