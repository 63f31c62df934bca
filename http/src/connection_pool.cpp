#include "connection_pool.hpp"

#include <boost/asio/execution_context.hpp>
#include <boost/asio/io_context.hpp>

#include <algorithm>

#include <tandem/coro/loop.hpp>
#include <tandem/coro/scheduler.hpp>
#include <tandem/coro/waiter.hpp>
#include <tandem/io/asio.hpp>

namespace tandem::http::detail {

/// Tells the pools of a loop that it ends. A client may live longer, and its idle sockets must not.
class connection_pool::loop_end final : public boost::asio::execution_context::service {
  public:
    using key_type = loop_end;
    static inline boost::asio::execution_context::id id;

    explicit loop_end(boost::asio::execution_context& context)
        : service(context) {}

    std::vector<connection_pool*> pools;

  private:
    void shutdown() noexcept override {
        for (auto* pool : pools)
            pool->unbind();
        pools.clear();
    }
};

/// Waits in its origin's queue until `wake_next` grants a lease.
class connection_pool::turn final : public tandem::detail::waiting_operation<turn>,
                                    public tandem::detail::list_hook<turn_tag> {
  public:
    /// Takes `key` with it when it is granted.
    turn(connection_pool& pool, connection_key& key)
        : pool_(pool)
        , key_(key) {}

    lease await_resume() {
        throw_if_cancelled();
        return std::move(granted_);
    }

    connection_key& key() const noexcept { return key_; }
    std::uint64_t number() const noexcept { return number_; }
    void grant(lease given) noexcept {
        granted_ = std::move(given);
        commit();
    }

  private:
    friend waiting_operation;
    using place = tandem::detail::list_hook<turn_tag>;

    bool try_now() {
        // Room means that nobody waits for this origin: `wake_next` leaves none.
        if (!pool_.has_room(key_.origin)) return false;
        granted_ = pool_.grant(std::move(key_));
        return true;
    }
    void enqueue() {
        number_ = ++pool_.last_number_;
        pool_.origins_[key_.origin].waiting.push_back(*this);
        ++pool_.counts.waiting;
        pool_.requeue(key_.origin);
    }
    bool withdraw() noexcept override {
        place::unlink();
        --pool_.counts.waiting;
        pool_.requeue(key_.origin);
        return true;
    }

    connection_pool& pool_;
    connection_key& key_;
    std::uint64_t number_ = 0;
    lease granted_;
};

lease::lease(std::shared_ptr<connection_pool> pool, connection_key key,
             std::unique_ptr<connection> idle) noexcept
    : pool_(std::move(pool))
    , key_(std::move(key))
    , connection_(std::move(idle))
    , reused_(connection_ != nullptr) {}

lease& lease::operator=(lease&& other) noexcept {
    if (this == &other) return *this;
    release();
    pool_ = std::move(other.pool_);
    key_ = std::move(other.key_);
    connection_ = std::move(other.connection_);
    reused_ = other.reused_;
    return *this;
}

void lease::attach(std::unique_ptr<connection> opened) noexcept {
    connection_ = std::move(opened);
    reused_ = false;
    pool_->in_use_.push_back(*connection_);
    ++pool_->counts.connections_opened;
}

void lease::drop_connection() noexcept {
    connection_.reset();
}

void lease::release() noexcept {
    if (!pool_) return;
    auto pool = std::move(pool_);
    pool->give_back(std::move(key_), std::move(connection_));
}

connection_pool::connection_pool(const client_options& options)
    : per_host_(std::max<std::size_t>(options.per_host(), 1))
    , total_(std::max<std::size_t>(options.total(), 1))
    , idle_limit_(options.idle_limit()) {}

connection_pool::~connection_pool() {
    if (!bound_to_) return;
    scheduler_->timers().disarm(*this);
    std::erase(boost::asio::use_service<loop_end>(*bound_to_).pools, this);
}

std::optional<lease> connection_pool::acquire_now(connection_key& key) {
    bind_to_loop(loop::current().current_task().scheduler());
    if (!has_room(key.origin)) return std::nullopt;
    return grant(std::move(key));
}

task<lease> connection_pool::acquire(connection_key key) {
    auto self = shared_from_this();
    bind_to_loop((co_await tandem::detail::this_task()).scheduler());
    co_return co_await turn(*this, key);
}

void connection_pool::clear() noexcept {
    while (!idle_.empty())
        close(idle_.begin());
    set_alarm();
}

void connection_pool::bind_to_loop(tandem::detail::scheduler& scheduler) {
    auto& here = tandem::detail::own_asio_context();
    if (bound_to_ == &here) return;
    if (bound_to_)
        throw usage_error("http::client: it belongs to another loop, which still runs; make one for each");
    boost::asio::use_service<loop_end>(here).pools.push_back(this);
    bound_to_ = &here;
    scheduler_ = &scheduler;
}

void connection_pool::unbind() noexcept {
    clear();
    while (!in_use_.empty()) {
        auto& stranded = in_use_.front();
        stranded.unlink();
        stranded.sever();
    }
    bound_to_ = nullptr;
    scheduler_ = nullptr;
}

bool connection_pool::has_room(const std::string& origin) const noexcept {
    if (counts.active >= total_) return false;
    auto found = origins_.find(origin);
    return found == origins_.end() || found->second.active < per_host_;
}

lease connection_pool::grant(connection_key key) {
    auto& state = origins_[key.origin];
    ++state.active;
    ++counts.active;
    auto ready = take_idle(state, key);
    if (!ready) make_room(state);
    if (ready) in_use_.push_back(*ready);
    return lease(shared_from_this(), std::move(key), std::move(ready));
}

/// An idle connection that the key may use, that is not too old, and on which nothing has arrived since: what
/// an idle server says is that it closes, or nothing that a request could have asked for.
std::unique_ptr<connection> connection_pool::take_idle(origin_state& state,
                                                       const connection_key& key) noexcept {
    for (std::size_t i = state.idle.size(); i > 0; --i) {
        const auto candidate = state.idle[i - 1];
        if (!key.is_served_by(candidate->key)) continue;
        const bool is_young = scheduler_->now() - candidate->since < idle_limit_;
        if (is_young && candidate->stream->is_quiet()) {
            auto taken = std::move(candidate->stream);
            state.idle.erase(state.idle.begin() + static_cast<std::ptrdiff_t>(i - 1));
            idle_.erase(candidate);
            --counts.idle;
            return taken;
        }
        ++(is_young ? counts.closed_stale : counts.closed_idle);
        close(candidate);
    }
    return nullptr;
}

/// Closes idle connections that the active ones leave no room for.
void connection_pool::make_room(origin_state& state) noexcept {
    if (state.active + state.idle.size() > per_host_ && !state.idle.empty()) {
        close(state.idle.front());
        ++counts.closed_for_room;
    }
    if (counts.active + counts.idle > total_ && !idle_.empty()) {
        close(idle_.begin());
        ++counts.closed_for_room;
    }
}

void connection_pool::close(idle_list::iterator idle) noexcept {
    const std::string origin = std::move(idle->key.origin);
    std::erase(origins_.find(origin)->second.idle, idle);
    idle_.erase(idle);
    --counts.idle;
    requeue(origin);
}

void connection_pool::give_back(connection_key key, std::unique_ptr<connection> used) noexcept {
    auto& state = origins_[key.origin];
    --state.active;
    --counts.active;
    if (used) used->unlink();
    if (used && used->can_be_reused() && bound_to_ && idle_limit_ > duration::zero()) {
        keep(std::move(key), state, std::move(used));
        requeue(idle_.back().key.origin);
    } else {
        used.reset();
        requeue(key.origin);
    }
    wake_next();
}

void connection_pool::keep(connection_key key, origin_state& state, std::unique_ptr<connection> used) {
    used->rest();
    idle_.push_back(idle_connection{std::move(used), std::move(key), scheduler_->now()});
    state.idle.push_back(std::prev(idle_.end()));
    ++counts.idle;
    if (!is_armed()) set_alarm();
}

void connection_pool::requeue(const std::string& origin) noexcept {
    const auto found = origins_.find(origin);
    auto& state = found->second;
    const bool is_next = !state.waiting.empty() && state.active < per_host_;
    const std::uint64_t number = is_next ? state.waiting.front().number() : 0;
    if (number != state.queued_as) {
        if (state.queued_as != 0) next_.erase(state.queued_as);
        if (number != 0) next_.emplace(number, &state);
        state.queued_as = number;
    }
    if (state.active == 0 && state.idle.empty() && state.waiting.empty()) origins_.erase(found);
}

void connection_pool::wake_next() noexcept {
    while (!next_.empty() && counts.active < total_) {
        auto& first = next_.begin()->second->waiting.pop_front();
        --counts.waiting;
        auto given = grant(std::move(first.key()));
        requeue(given.origin());
        first.grant(std::move(given));
    }
}

/// Closes the connections that have been idle too long.
void connection_pool::expired() noexcept {
    const auto now = scheduler_->now();
    while (!idle_.empty() && now - idle_.front().since >= idle_limit_) {
        close(idle_.begin());
        ++counts.closed_idle;
    }
    set_alarm();
}

void connection_pool::set_alarm() noexcept {
    if (!scheduler_) return;
    scheduler_->timers().disarm(*this);
    if (!idle_.empty()) scheduler_->timers().arm(*this, idle_.front().since + idle_limit_);
}

} // namespace tandem::http::detail
