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
    turn(connection_pool& pool, std::string_view origin, route_pointer by) noexcept
        : pool_(pool)
        , origin_(origin)
        , by_(std::move(by)) {}

    lease await_resume() {
        throw_if_cancelled();
        return std::move(granted_);
    }

    std::uint64_t number() const noexcept { return number_; }
    void grant() {
        granted_ = pool_.grant(*state_, std::move(by_));
        commit();
    }

  private:
    friend waiting_operation;
    using place = tandem::detail::list_hook<turn_tag>;

    bool try_now() {
        // Room means that nobody waits for this origin: `wake_next` leaves none.
        state_ = pool_.room_at(origin_);
        if (state_) granted_ = pool_.grant(*state_, std::move(by_));
        return state_ != nullptr;
    }
    void enqueue() {
        number_ = ++pool_.last_number_;
        state_ = &pool_.state_of(origin_);
        state_->waiting.push_back(*this);
        ++pool_.counts.waiting;
        pool_.requeue(*state_);
    }
    bool withdraw() noexcept override {
        place::unlink();
        --pool_.counts.waiting;
        pool_.requeue(*state_);
        return true;
    }

    connection_pool& pool_;
    const std::string_view origin_;
    route_pointer by_;
    /// Of the origin, while this waits there.
    origin_state* state_ = nullptr;
    std::uint64_t number_ = 0;
    lease granted_;
};

lease::lease(std::shared_ptr<connection_pool> pool, connection_pool::origin_state& origin, route_pointer by,
             connection_pool::connection_pointer idle) noexcept
    : pool_(std::move(pool))
    , origin_(&origin)
    , by_(std::move(by))
    , connection_(std::move(idle))
    , reused_(connection_ != nullptr) {}

lease& lease::operator=(lease&& other) noexcept {
    if (this == &other) return *this;
    release();
    pool_ = std::move(other.pool_);
    origin_ = other.origin_;
    by_ = std::move(other.by_);
    connection_ = std::move(other.connection_);
    reused_ = other.reused_;
    return *this;
}

void lease::attach(std::unique_ptr<byte_stream> opened) {
    connection_ = std::make_unique<connection_pool::pooled_connection>(std::move(opened), *origin_);
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
    pool->give_back(*origin_, std::move(by_), std::move(connection_));
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

std::optional<lease> connection_pool::acquire_now(std::string_view origin, const route_pointer& by) {
    bind_to_loop(loop::current().current_task().scheduler());
    auto* const state = room_at(origin);
    if (!state) return std::nullopt;
    return grant(*state, by);
}

task<lease> connection_pool::acquire(std::string origin, route_pointer by) {
    auto self = shared_from_this();
    bind_to_loop((co_await tandem::detail::this_task()).scheduler());
    co_return co_await turn(*this, origin, std::move(by));
}

void connection_pool::clear() noexcept {
    while (!idle_.empty())
        close(idle_.front());
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
    while (!in_use_.empty())
        in_use_.pop_front().sever();
    bound_to_ = nullptr;
    scheduler_ = nullptr;
}

connection_pool::origin_state& connection_pool::state_of(std::string_view origin) {
    auto found = origins_.find(origin);
    if (found == origins_.end()) {
        found = origins_.try_emplace(std::string(origin)).first;
        found->second.name = found->first;
    }
    return found->second;
}

connection_pool::origin_state* connection_pool::room_at(std::string_view origin) {
    if (counts.active >= total_) return nullptr;
    auto& state = state_of(origin);
    return state.active < per_host_ ? &state : nullptr;
}

lease connection_pool::grant(origin_state& origin, route_pointer by) {
    ++origin.active;
    ++counts.active;
    auto ready = take_idle(origin, *by);
    if (ready)
        in_use_.push_back(*ready);
    else
        make_room(origin);
    return lease(shared_from_this(), origin, std::move(by), std::move(ready));
}

/// An idle connection by that way that is not too old, and on which nothing has arrived since: what an idle
/// server says is that it closes, or nothing that a request could have asked for.
connection_pool::connection_pointer connection_pool::take_idle(origin_state& origin,
                                                               const route& by) noexcept {
    const bool https = origin.name.starts_with("https:");
    for (std::size_t i = origin.idle.size(); i > 0; --i) {
        auto& candidate = *origin.idle[i - 1];
        if (!by.shares_with(*candidate.by, https)) continue;
        const bool is_young = scheduler_->now() - candidate.since < idle_limit_;
        if (is_young && candidate.is_quiet()) {
            auto taken = std::move(origin.idle[i - 1]);
            origin.idle.erase(origin.idle.begin() + static_cast<std::ptrdiff_t>(i - 1));
            taken->unlink();
            --counts.idle;
            return taken;
        }
        ++(is_young ? counts.closed_stale : counts.closed_idle);
        close(candidate);
    }
    return nullptr;
}

/// Closes idle connections that the active ones leave no room for.
void connection_pool::make_room(origin_state& origin) noexcept {
    if (origin.active + origin.idle.size() > per_host_ && !origin.idle.empty()) {
        close(*origin.idle.front());
        ++counts.closed_for_room;
    }
    if (counts.active + counts.idle > total_ && !idle_.empty()) {
        close(idle_.front());
        ++counts.closed_for_room;
    }
}

void connection_pool::close(pooled_connection& idle) noexcept {
    auto& origin = idle.origin;
    std::erase_if(origin.idle, [&](const connection_pointer& each) { return each.get() == &idle; });
    --counts.idle;
    requeue(origin);
}

void connection_pool::give_back(origin_state& origin, route_pointer by, connection_pointer used) noexcept {
    --origin.active;
    --counts.active;
    if (used) used->unlink();
    if (used && used->can_be_reused() && bound_to_ && idle_limit_ > duration::zero())
        keep(std::move(used), std::move(by));
    else
        used.reset();
    requeue(origin);
    wake_next();
}

void connection_pool::keep(connection_pointer used, route_pointer by) {
    used->rest();
    used->by = std::move(by);
    used->since = scheduler_->now();
    idle_.push_back(*used);
    auto& kept = used->origin.idle;
    kept.push_back(std::move(used));
    ++counts.idle;
    if (!is_armed()) set_alarm();
}

void connection_pool::requeue(origin_state& origin) noexcept {
    const bool is_next = !origin.waiting.empty() && origin.active < per_host_;
    const std::uint64_t number = is_next ? origin.waiting.front().number() : 0;
    if (number != origin.queued_as) {
        if (origin.queued_as != 0) next_.erase(origin.queued_as);
        if (number != 0) next_.emplace(number, &origin);
        origin.queued_as = number;
    }
    if (origin.active == 0 && origin.idle.empty() && origin.waiting.empty())
        origins_.erase(origins_.find(origin.name));
}

void connection_pool::wake_next() noexcept {
    while (!next_.empty() && counts.active < total_) {
        auto& origin = *next_.begin()->second;
        auto& first = origin.waiting.pop_front();
        --counts.waiting;
        first.grant();
        requeue(origin);
    }
}

/// Closes the connections that have been idle too long.
void connection_pool::expired() noexcept {
    const auto now = scheduler_->now();
    while (!idle_.empty() && now - idle_.front().since >= idle_limit_) {
        close(idle_.front());
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
