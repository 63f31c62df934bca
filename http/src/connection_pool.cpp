#include "connection_pool.hpp"

#include <boost/asio/execution_context.hpp>
#include <boost/asio/io_context.hpp>

#include <algorithm>

#include <tandem/coro/loop.hpp>
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

/// Waits in the pool's queue until `wake_next` grants a lease.
class connection_pool::turn final : public tandem::detail::waiting_operation<turn> {
  public:
    turn(connection_pool& pool, const std::string& origin)
        : pool_(pool)
        , origin_(origin) {}

    lease await_resume() {
        throw_if_cancelled();
        return std::move(granted_);
    }

    const std::string& origin() const noexcept { return origin_; }
    void grant(lease given) noexcept {
        granted_ = std::move(given);
        commit();
    }

  private:
    friend waiting_operation;
    bool try_now() {
        // Room means that nobody waits for this origin: `wake_next` leaves none.
        if (!pool_.has_room(origin_)) return false;
        granted_ = pool_.grant(origin_);
        return true;
    }
    void enqueue() { place_ = pool_.waiting_.insert(pool_.waiting_.end(), this); }
    bool withdraw() noexcept override {
        pool_.waiting_.erase(place_);
        return true;
    }

    connection_pool& pool_;
    const std::string& origin_;
    std::list<turn*>::iterator place_;
    lease granted_;
};

lease::lease(std::shared_ptr<connection_pool> pool, std::string origin,
             std::unique_ptr<connection> idle) noexcept
    : pool_(std::move(pool))
    , origin_(std::move(origin))
    , connection_(std::move(idle))
    , reused_(connection_ != nullptr) {}

lease& lease::operator=(lease&& other) noexcept {
    if (this == &other) return *this;
    release();
    pool_ = std::move(other.pool_);
    origin_ = std::move(other.origin_);
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
    pool->give_back(origin_, std::move(connection_));
}

connection_pool::connection_pool(const client_options& options)
    : per_host_(std::max<std::size_t>(options.per_host(), 1))
    , total_(std::max<std::size_t>(options.total(), 1))
    , idle_limit_(options.idle_limit()) {}

connection_pool::~connection_pool() {
    if (bound_to_) std::erase(boost::asio::use_service<loop_end>(*bound_to_).pools, this);
}

task<lease> connection_pool::acquire(std::string origin) {
    auto self = shared_from_this();
    bind_to_loop();
    co_return co_await turn(*this, origin);
}

void connection_pool::clear() noexcept {
    for (auto& [name, state] : origins_)
        state.idle.clear();
    counts.idle = 0;
}

void connection_pool::bind_to_loop() {
    auto& here = tandem::detail::own_asio_context();
    if (bound_to_ == &here) return;
    if (bound_to_)
        throw usage_error("http::client: it belongs to another loop, which still runs; make one for each");
    boost::asio::use_service<loop_end>(here).pools.push_back(this);
    bound_to_ = &here;
}

void connection_pool::unbind() noexcept {
    clear();
    while (!in_use_.empty()) {
        auto& stranded = in_use_.front();
        stranded.unlink();
        stranded.sever();
    }
    bound_to_ = nullptr;
}

bool connection_pool::has_room(const std::string& origin) const noexcept {
    auto found = origins_.find(origin);
    if (found != origins_.end()) {
        if (found->second.active >= per_host_) return false;
        if (!found->second.idle.empty()) return true;
    }
    return counts.active < total_;
}

lease connection_pool::grant(const std::string& origin) {
    auto& state = origins_[origin];
    std::unique_ptr<connection> ready;
    while (!state.idle.empty() && !ready) {
        auto candidate = std::move(state.idle.back());
        state.idle.pop_back();
        --counts.idle;
        bool fresh = loop::current().now() - candidate.since < idle_limit_;
        if (fresh && candidate.stream->is_quiet()) ready = std::move(candidate.stream);
    }
    if (!ready && counts.active + counts.idle >= total_) evict_oldest();
    ++state.active;
    ++counts.active;
    if (ready) in_use_.push_back(*ready);
    return lease(shared_from_this(), origin, std::move(ready));
}

void connection_pool::evict_oldest() noexcept {
    origin_state* of = nullptr;
    for (auto& [name, state] : origins_)
        if (!state.idle.empty() && (!of || state.idle.front().since < of->idle.front().since)) of = &state;
    if (!of) return;
    of->idle.erase(of->idle.begin());
    --counts.idle;
}

void connection_pool::give_back(const std::string& origin, std::unique_ptr<connection> used) noexcept {
    auto& state = origins_[origin];
    --state.active;
    --counts.active;
    if (used) used->unlink();
    if (used && used->can_be_reused() && bound_to_ && idle_limit_ > duration::zero()) {
        used->rest();
        state.idle.push_back(idle_connection{std::move(used), loop::current().now()});
        ++counts.idle;
    }
    used.reset();
    if (state.active == 0 && state.idle.empty()) origins_.erase(origin);
    wake_next();
}

void connection_pool::wake_next() noexcept {
    for (auto place = waiting_.begin(); place != waiting_.end();) {
        if (counts.active >= total_) return;
        turn* next = *place;
        if (!has_room(next->origin())) {
            ++place;
            continue;
        }
        place = waiting_.erase(place);
        next->grant(grant(next->origin()));
    }
}

} // namespace tandem::http::detail
