#include "support/realms.hpp"

#include <algorithm>

#include <openssl/evp.h>

namespace test {

namespace {

/// The parameters of a Digest field, with their quotes taken off.
std::map<std::string, std::string> parameters_of(std::string_view credentials) {
    std::map<std::string, std::string> all;
    std::size_t at = credentials.find(' ');
    while (at < credentials.size()) {
        at = credentials.find_first_not_of(" ,", at);
        const auto equals = credentials.find('=', at);
        if (equals == credentials.npos) break;
        const std::string name(credentials.substr(at, equals - at));
        std::string value;
        at = equals + 1;
        if (credentials[at] == '"') {
            for (++at; credentials[at] != '"'; ++at) {
                if (credentials[at] == '\\') ++at;
                value += credentials[at];
            }
            ++at;
        } else {
            const auto end = std::min(credentials.find(',', at), credentials.size());
            value = credentials.substr(at, end - at);
            at = end;
        }
        all[name] = value;
    }
    return all;
}

std::string quoted(std::string_view text) {
    std::string out = "\"";
    for (char c : text)
        out += (c == '"' || c == '\\' ? std::string("\\") : std::string()) + c;
    return out + "\"";
}

} // namespace

std::string digest_realm::new_nonce() {
    auto nonce = "nonce/" + std::to_string(++made_) + "==";
    nonces_[nonce];
    return nonce;
}

std::string digest_realm::challenge(bool is_stale) {
    const std::lock_guard lock(access_);
    std::string text = "Digest realm=" + quoted(realm) + ", nonce=\"" + new_nonce() + "\", opaque=\"o\"";
    if (!algorithm.empty()) text += ", algorithm=" + algorithm;
    if (!qop.empty()) text += ", qop=\"" + qop + "\"";
    if (hashes_user) text += ", userhash=true, charset=UTF-8";
    if (is_stale) text += ", stale=TRUE";
    return text;
}

std::string digest_realm::hash(const std::string& text) const {
    const auto name = algorithm.substr(0, algorithm.find("-sess"));
    const char* in_openssl = name == "SHA-256" ? "SHA256" : name == "SHA-512-256" ? "SHA512-256" : "MD5";
    unsigned char bytes[EVP_MAX_MD_SIZE];
    std::size_t size = sizeof bytes;
    EVP_Q_digest(nullptr, in_openssl, nullptr, text.data(), text.size(), bytes, &size);
    std::string hex;
    for (std::size_t i = 0; i < size; ++i) {
        char two[3];
        std::snprintf(two, sizeof two, "%02x", bytes[i]);
        hex += two;
    }
    return hex;
}

digest_realm::verdict digest_realm::judge(const std::string& request, const std::string& body,
                                          std::string_view credentials) {
    auto sent = parameters_of(credentials);
    const auto known = nonces_.find(sent["nonce"]);
    const auto who = hashes_user ? hash(user + ":" + realm) : user;
    if (sent["username"] != who || sent["realm"] != realm || sent["opaque"] != "o") return verdict::wrong;
    if (sent["algorithm"] != algorithm || sent["uri"] != target_of(request)) return verdict::wrong;
    if ((sent["userhash"] == "true") != hashes_user) return verdict::wrong;

    auto secret = hash(user + ":" + realm + ":" + password);
    if (algorithm.ends_with("-sess")) secret = hash(secret + ":" + sent["nonce"] + ":" + sent["cnonce"]);
    auto subject = request.substr(0, request.find(' ')) + ":" + sent["uri"];
    auto salt = sent["nonce"];
    if (!qop.empty()) {
        if (qop.find(sent["qop"]) == std::string::npos || sent["nc"].size() != 8) return verdict::wrong;
        if (sent["qop"] == "auth-int") subject += ":" + hash(body);
        salt += ":" + sent["nc"] + ":" + sent["cnonce"] + ":" + sent["qop"];
    }
    if (sent["response"] != hash(secret + ":" + salt + ":" + hash(subject))) return verdict::wrong;
    if (known == nonces_.end()) return verdict::stale;

    auto& state = known->second;
    const auto count = std::stoul("0" + sent["nc"], nullptr, 16);
    if (!qop.empty() && (count == 0 || !state.counts.insert(count).second)) return verdict::wrong;
    if (uses_of_nonce > 0 && ++state.uses > uses_of_nonce) return verdict::stale;
    return verdict::good;
}

std::string digest_realm::answer(const std::string& request, const std::string& body, std::string_view more) {
    const std::string prefix = is_proxy ? "Proxy-" : "";
    const auto credentials = field_of(request, prefix + "Authorization");
    std::string next;
    bool is_stale = false;
    {
        const std::lock_guard lock(access_);
        if (credentials.starts_with("Digest ")) {
            const auto found = judge(request, body, credentials);
            is_stale = found == verdict::stale;
            if (found == verdict::good) {
                ++let_in_;
                if (names_next) next = prefix + "Authentication-Info: nextnonce=\"" + new_nonce() + "\"\r\n";
                return reply("in", next);
            }
            if (!is_stale) ++wrong_;
        } else {
            ++asked_;
        }
    }
    const auto asks =
        (is_proxy ? "Proxy-Authenticate: " : "WWW-Authenticate: ") + challenge(is_stale) + "\r\n";
    return reply("who are you?", asks + std::string(more),
                 is_proxy ? "407 Proxy Authentication Required" : "401 Unauthorized");
}

std::string let_in_with(const std::string& request, std::string_view credentials,
                        std::string_view challenge) {
    if (field_of(request, "Authorization") == credentials) return reply("in");
    return reply("who are you?", "WWW-Authenticate: " + std::string(challenge) + "\r\n", "401 Unauthorized");
}

scripted_server::script
answering_requests(std::function<std::string(const std::string& request, const std::string& body)> answer) {
    return [answer = std::move(answer)](conversation& talk) {
        while (auto request = talk.request()) {
            const auto body = talk.body(*request);
            talk.send(answer(*request, body));
        }
    };
}

} // namespace test
