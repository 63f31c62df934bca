#include <tandem/io/resolver.hpp>

#include <netdb.h>

#include <tandem/coro/loop.hpp>
#include <tandem/coro/waiter.hpp>

#include "io/lookup_threads.hpp"

namespace tandem {

namespace {

class addrinfo_category final : public std::error_category {
  public:
    const char* name() const noexcept override { return "resolver"; }
    std::string message(int code) const override { return gai_strerror(code); }
};

/// Waits for a name in the loop's way. Everything here runs on the loop's thread; the lookup's thread only
/// posts.
class lookup_operation final : public detail::waiting_operation<lookup_operation> {
  public:
    explicit lookup_operation(const std::string& host)
        : host_(host) {}

    bool try_now() const noexcept { return false; }

    void enqueue() {
        arrival_ = std::make_shared<arrival>();
        arrival_->operation = this;
        in_flight_.begin(waiting_task().scheduler());
        auto deliver = [handle = loop::current().handle(),
                        to = arrival_](const detail::lookup_outcome& outcome) {
            handle.post([to, outcome] {
                to->outcome = outcome;
                if (to->operation) to->operation->commit();
            });
        };
        try {
            request_ = detail::lookup_threads::instance().start(host_, std::move(deliver));
        } catch (const std::system_error& failure) {
            arrival_->outcome.error = failure.code();
            commit();
        }
    }

    bool withdraw() noexcept override {
        arrival_->operation = nullptr;
        detail::lookup_threads::instance().abandon(request_);
        return true;
    }

    std::vector<endpoint> await_resume() {
        throw_if_cancelled();
        if (arrival_->outcome.error) throw resolve_error(arrival_->outcome.error, host_);
        return std::move(arrival_->outcome.found);
    }

  private:
    /// Where the answer lands; outlives an operation that did not wait for it.
    struct arrival {
        lookup_operation* operation = nullptr;
        detail::lookup_outcome outcome;
    };

    const std::string& host_;
    detail::external_wait in_flight_;
    std::shared_ptr<arrival> arrival_;
    std::shared_ptr<detail::lookup_threads::request> request_;
};

bool is_local_name(std::string_view host) {
    constexpr std::string_view name = "localhost";
    if (host.ends_with('.')) host.remove_suffix(1);
    if (host.size() < name.size()) return false;
    for (std::size_t i = 0; i < name.size(); ++i)
        if ((host[host.size() - name.size() + i] | 0x20) != name[i]) return false;
    return host.size() == name.size() || host[host.size() - name.size() - 1] == '.';
}

} // namespace

const std::error_category& resolver_category() noexcept {
    static const addrinfo_category category;
    return category;
}

resolve_error::resolve_error(std::error_code code, const std::string& host)
    : std::system_error(code, "cannot resolve host '" + host + "'") {}

resolve_error::~resolve_error() = default;

task<std::vector<endpoint>> resolve(std::string host, std::uint16_t port) {
    std::vector<endpoint> found;
    if (auto numbers = endpoint::parse(host, port)) {
        found.push_back(*numbers);
    } else if (is_local_name(host)) {
        // IPv4 first: most things that listen on one machine for that machine listen there.
        found.emplace_back("127.0.0.1", port);
        found.emplace_back("::1", port);
    } else if (host.empty() || host.find('\0') != std::string::npos) {
        throw resolve_error(std::error_code(EAI_NONAME, resolver_category()), host);
    } else {
        found = co_await lookup_operation(host);
        for (auto& each : found)
            each = each.with_port(port);
    }
    co_return found;
}

} // namespace tandem
