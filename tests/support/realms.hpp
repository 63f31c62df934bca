// Servers that let in only those who prove who they are.
#pragma once
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "support/request_fields.hpp"
#include "support/scripted_server.hpp"

namespace test {

/// Checks a Digest login as RFC 7616 wants it, by a computation of its own: every nonce is known, no
/// count of it comes twice (over several connections a later one may come first), and the target, the user
/// and all that was challenged come back as they were. Thread safe.
class digest_realm {
  public:
    std::string realm = "the \"inner\" circle";
    std::string user = "Mufasa";
    std::string password = "Circle of Life";
    std::string algorithm = "SHA-256";
    /// Empty for none, as RFC 2069.
    std::string qop = "auth";
    bool hashes_user = false;
    /// A nonce is stale once it was used as often as this; 0 for never.
    unsigned uses_of_nonce = 0;
    /// Each reply names the nonce of the next request.
    bool names_next = false;
    /// It is a proxy's: asks by 407, in the fields that are for proxies.
    bool is_proxy = false;

    /// A challenge with a new nonce.
    std::string challenge(bool is_stale = false);

    /// The reply to a request: "in" for those who are let in, else a 401 (a proxy's 407) that challenges.
    /// `more` are further header lines of that.
    std::string answer(const std::string& request, const std::string& body = "", std::string_view more = "");

    /// How many were let in, how many came with nothing, and with what was wrong.
    int let_in() const { return read(let_in_); }
    int asked() const { return read(asked_); }
    int wrong() const { return read(wrong_); }

  private:
    enum class verdict { good, stale, wrong };
    struct nonce_state {
        std::set<unsigned long> counts;
        unsigned uses = 0;
    };
    std::string new_nonce();
    verdict judge(const std::string& request, const std::string& body, std::string_view credentials);
    std::string hash(const std::string& text) const;
    int read(const int& count) const {
        const std::lock_guard lock(access_);
        return count;
    }

    mutable std::mutex access_;
    std::map<std::string, nonce_state> nonces_;
    int made_ = 0;
    int let_in_ = 0;
    int asked_ = 0;
    int wrong_ = 0;
};

/// Lets in whoever has exactly this Authorization field; challenges the others with `challenge`.
std::string let_in_with(const std::string& request, std::string_view credentials, std::string_view challenge);

/// A script that gives each request, and its body, to `answer`.
scripted_server::script
answering_requests(std::function<std::string(const std::string& request, const std::string& body)> answer);

} // namespace test
