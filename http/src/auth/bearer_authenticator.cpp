// Bearer tokens, and how they are replaced.
#include "authenticator.hpp"

#include <exception>
#include <utility>

#include <tandem/coro/task_local.hpp>
#include <tandem/http/error.hpp>
#include <tandem/sync/mutex.hpp>

#include "field_syntax.hpp"

namespace tandem::http::detail {

namespace {

class bearer_authenticator final : public authenticator {
  public:
    explicit bearer_authenticator(const bearer& given)
        : renew_(given.renew())
        , token_(given.token()) {}

    task<std::string> authorize(const auth_request& request) override {
        const bool is_own = co_await is_renewing_;
        if (is_own) co_return std::string();
        if (token_.empty() || token_ == refused_) co_await replace(request.site);
        co_return "Bearer " + token_;
    }

    bool waits_for_challenge() const noexcept override { return false; }

    bool refused(const headers&, std::string_view sent, int times) override {
        if (!renew_ || times > 0 || sent.empty()) return false;
        const auto used = sent.substr(sent.find(' ') + 1);
        if (used == token_) refused_ = token_;
        return true;
    }

    void accepted(const headers&) override {}

  private:
    /// Returns once there is a new token, got by this request or by one before it.
    task<> replace(const error_site& site) {
        const auto renewals = renewals_;
        const auto failures = failures_;
        const auto turn = co_await access_.lock();
        if (renewals_ != renewals) co_return;
        // Those who waited while it failed need not ask once more.
        if (failures_ != failures) std::rethrow_exception(failure_);
        auto token = co_await is_renewing_.with(true, renewed(site));
        token_ = std::move(token);
        refused_.clear();
        ++renewals_;
    }

    task<std::string> renewed(const error_site& site) {
        try {
            auto token = co_await renew_();
            if (!is_visible_ascii(token))
                site.fail<bad_request>("the new bearer token is empty, or has blanks or control characters");
            co_return token;
        } catch (const std::exception&) {
            ++failures_;
            failure_ = std::current_exception();
            throw;
        }
    }

    const bearer::source renew_;
    /// Empty for none yet.
    std::string token_;
    /// The token that the server has refused last.
    std::string refused_;
    mutex access_;
    /// True within `renew_`: a request that it makes must not wait for itself.
    task_local<bool> is_renewing_{false};
    std::uint64_t renewals_ = 0;
    /// How often it failed to get a token, and how it did so last.
    std::uint64_t failures_ = 0;
    std::exception_ptr failure_;
};

} // namespace

std::shared_ptr<authenticator> make_authenticator(bearer token, const auth_fields&) {
    return std::make_shared<bearer_authenticator>(token);
}

} // namespace tandem::http::detail
