#include <tandem/io/resolver.hpp>

#include <boost/asio/execution_context.hpp>

#include <netdb.h>

#include <tandem/coro/loop.hpp>
#include <tandem/coro/waiter.hpp>
#include <tandem/io/asio.hpp>

#include "io/lookup_threads.hpp"
#include "io/name_cache.hpp"

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
    lookup_operation(const std::string& host, std::shared_ptr<detail::name_cache> cache)
        : host_(host)
        , cache_(std::move(cache)) {}

    bool try_now() const noexcept { return false; }

    void enqueue() {
        arrival_ = std::make_shared<arrival>();
        arrival_->operation = this;
        in_flight_.begin(waiting_task().scheduler());
        auto deliver = [handle = loop::current().handle(), to = arrival_, host = host_,
                        cache = std::move(cache_)](const detail::lookup_outcome& outcome) {
            handle.post([to, host, cache, outcome] {
                cache->store(host, outcome, loop::current().now());
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

    detail::lookup_outcome await_resume() {
        throw_if_cancelled();
        return std::move(arrival_->outcome);
    }

  private:
    /// Where the answer lands; outlives an operation that did not wait for it.
    struct arrival {
        lookup_operation* operation = nullptr;
        detail::lookup_outcome outcome;
    };

    const std::string& host_;
    std::shared_ptr<detail::name_cache> cache_;
    detail::external_wait in_flight_;
    std::shared_ptr<arrival> arrival_;
    std::shared_ptr<detail::lookup_threads::request> request_;
};

/// A loop's own resolver.
class resolver_service final : public boost::asio::execution_context::service {
  public:
    inline static boost::asio::execution_context::id id;
    using service::service;
    resolver own;

  private:
    void shutdown() noexcept override {}
};

task<std::vector<endpoint>> look_up(std::shared_ptr<detail::name_cache> cache, std::string host,
                                    std::uint16_t port) {
    if (host.empty() || host.find('\0') != std::string::npos) {
        ++cache->failures;
        throw resolve_error(std::error_code(EAI_NONAME, resolver_category()), host);
    }
    // Names are the same in whatever case (RFC 1035, 2.3.3).
    std::string name = host;
    for (char& letter : name)
        if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter + ('a' - 'A'));
    detail::lookup_outcome outcome;
    if (const auto* known = cache->find(name, loop::current().now())) {
        ++cache->hits;
        outcome = *known;
    } else {
        ++cache->misses;
        outcome = co_await lookup_operation(name, cache);
    }
    if (outcome.error) {
        ++cache->failures;
        throw resolve_error(outcome.error, host);
    }
    for (auto& each : outcome.found)
        each = each.with_port(port);
    co_return std::move(outcome.found);
}

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

resolver::resolver(const resolver_options& options)
    : cache_(std::make_shared<detail::name_cache>(options)) {}
resolver::resolver(resolver&&) noexcept = default;
resolver& resolver::operator=(resolver&&) noexcept = default;
resolver::~resolver() = default;

resolver& resolver::current() {
    return boost::asio::use_service<resolver_service>(detail::own_asio_context()).own;
}

task<std::vector<endpoint>> resolver::resolve(std::string host, std::uint16_t port) {
    std::vector<endpoint> found;
    if (auto numbers = endpoint::parse(host, port)) {
        found.push_back(*numbers);
    } else if (is_local_name(host)) {
        // IPv4 first: most things that listen on one machine for that machine listen there.
        found.emplace_back("127.0.0.1", port);
        found.emplace_back("::1", port);
    } else {
        co_return co_await look_up(cache_, std::move(host), port);
    }
    ++cache_->at_once;
    co_return found;
}

void resolver::clear() noexcept {
    cache_->clear();
}

void resolver::set_options(const resolver_options& options) noexcept {
    cache_->set_options(options);
}

const resolver_options& resolver::options() const noexcept {
    return cache_->options();
}

resolver_statistics resolver::statistics() const {
    const auto all = detail::lookup_threads::instance().statistics();
    resolver_statistics numbers{};
    numbers.at_once = cache_->at_once;
    numbers.hits = cache_->hits;
    numbers.misses = cache_->misses;
    numbers.failures = cache_->failures;
    numbers.names_kept = cache_->size();
    numbers.lookups_under_way = all.under_way;
    numbers.lookups_queued = all.queued;
    numbers.lookups_left = all.left;
    numbers.threads = all.threads;
    return numbers;
}

task<std::vector<endpoint>> resolve(std::string host, std::uint16_t port) {
    return resolver::current().resolve(std::move(host), port);
}

} // namespace tandem
