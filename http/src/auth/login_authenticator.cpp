// Basic and Digest.
#include "authenticator.hpp"

#include <optional>
#include <utility>

#include "body_hash.hpp"
#include "challenge.hpp"
#include "digest.hpp"
#include "text_codec.hpp"

namespace tandem::http::detail {

namespace {

class login_authenticator final : public authenticator {
  public:
    login_authenticator(login who, const auth_fields& where)
        : who_(std::move(who))
        , where_(where)
        , uses_basic_(who_.method() == login_method::basic) {}

    task<std::string> authorize(const auth_request& request) override {
        if (uses_basic_) co_return basic_authorization(who_.user(), who_.password());
        if (!digest_) co_return std::string();
        // A copy: while the body is hashed, another request may bring a new challenge.
        const auto given = *digest_;
        const auto client_nonce = client_nonce_;
        const auto first_nonce = first_nonce_;
        const auto count = ++count_;
        std::string body_hash;
        if (given.protects_body())
            body_hash = co_await hash_of_body(request.body, given.algorithm, request.site);
        digest_request what;
        what.method = request.method;
        what.target = request.target;
        what.client_nonce = client_nonce;
        what.count = count;
        what.body_hash = body_hash;
        what.first_nonce = first_nonce;
        co_return digest_authorization(given, who_, what);
    }

    bool waits_for_challenge() const noexcept override { return !uses_basic_ && !digest_; }

    bool refused(const headers& reply, std::string_view sent, int times) override {
        constexpr int most_answers = 4; // of a server that calls each nonce stale
        if (times >= most_answers || who_.method() == login_method::basic) return false;
        const auto challenges = challenges_in(reply, where_.challenge);
        auto best = strongest_digest(challenges);
        if (!best) return offers_basic(challenges) && take_basic(sent);
        if (!best->is_stale && sent.starts_with("Digest ")) {
            // Another request's nonce may have run out without the server saying so; one that has just come
            // has not.
            if (times > 0 || !names_other_nonce(*best, sent)) return false;
        }
        start(std::move(*best));
        return true;
    }

    void accepted(const headers& reply) override {
        if (!digest_) return;
        const auto info = parse_parameters(reply[where_.info]);
        const auto* next = info.find("nextnonce");
        if (!next || next->empty() || *next == digest_->nonce) return;
        digest_->nonce = *next;
        count_ = 0;
    }

  private:
    static std::optional<digest_challenge> strongest_digest(const std::vector<challenge>& challenges) {
        std::optional<digest_challenge> best;
        for (const auto& each : challenges) {
            auto next = digest_challenge_of(each);
            if (next && (!best || next->algorithm > best->algorithm)) best = std::move(next);
        }
        return best;
    }

    bool offers_basic(const std::vector<challenge>& challenges) const {
        if (who_.method() != login_method::any || who_.user().find(':') != std::string::npos) return false;
        for (const auto& each : challenges)
            if (each.is("Basic")) return true;
        return false;
    }

    bool take_basic(std::string_view sent) {
        if (sent.starts_with("Basic ")) return false;
        uses_basic_ = true;
        digest_.reset();
        return true;
    }

    static bool names_other_nonce(const digest_challenge& given, std::string_view sent) {
        const auto before = parse_challenges(sent);
        const auto* nonce = before.empty() ? nullptr : before.front().find("nonce");
        return !nonce || *nonce != given.nonce;
    }

    void start(digest_challenge given) {
        uses_basic_ = false;
        first_nonce_ = given.nonce;
        digest_ = std::move(given);
        client_nonce_ = make_client_nonce();
        count_ = 0;
    }

    const login who_;
    const auth_fields& where_;
    bool uses_basic_;
    /// The challenge that is answered, with the nonce to use next.
    std::optional<digest_challenge> digest_;
    std::string first_nonce_;
    std::string client_nonce_;
    std::uint32_t count_ = 0;
};

} // namespace

std::string basic_authorization(std::string_view user, std::string_view password) {
    return "Basic " + base64(std::string(user) + ":" + std::string(password));
}

std::shared_ptr<authenticator> make_authenticator(login who, const auth_fields& where) {
    return std::make_shared<login_authenticator>(std::move(who), where);
}

} // namespace tandem::http::detail
