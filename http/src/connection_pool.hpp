// Connections kept for the next request, and turns for those who have to wait for one.
#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include <tandem/base/clock.hpp>
#include <tandem/base/intrusive_list.hpp>
#include <tandem/coro/task.hpp>
#include <tandem/coro/timer.hpp>
#include <tandem/http/client_options.hpp>
#include <tandem/http/client_statistics.hpp>

#include "connection.hpp"
#include "route.hpp"
#include "text_hash.hpp"

namespace boost::asio {
class io_context;
}

namespace tandem::detail {
class scheduler;
}

namespace tandem::http::detail {

class lease;
using route_pointer = std::shared_ptr<const route>;

/// All connections of one client. Belongs to one loop at a time: it binds to the loop of its first request,
/// and is free for another when that loop is gone.
class connection_pool final : public std::enable_shared_from_this<connection_pool>,
                              private tandem::detail::timer {
  public:
    explicit connection_pool(const client_options& options);
    ~connection_pool();

    /// A turn with an origin (scheme, host and port), with an idle connection by that way where there is one
    /// that still stands. Waits while the limits are reached. Whoever came first goes first, across origins
    /// too: only those whose origin has no room are passed over.
    task<lease> acquire(std::string origin, route_pointer by);
    /// The same where nobody has to wait for it; else nothing.
    std::optional<lease> acquire_now(std::string_view origin, const route_pointer& by);

    /// Closes what is idle.
    void clear() noexcept;

    client_statistics counts;

  private:
    friend class lease;
    class turn;
    class loop_end;
    struct turn_tag;
    struct pool_tag;
    struct origin_state;

    /// A connection with what is to be known of it here. It is in the list of those in use, or of those that
    /// are idle.
    struct pooled_connection final : connection, tandem::detail::list_hook<pool_tag> {
        pooled_connection(std::unique_ptr<byte_stream> stream, origin_state& to) noexcept
            : connection(std::move(stream))
            , origin(to) {}

        origin_state& origin;
        /// While it is idle: the way that it was used for last, and since when.
        route_pointer by;
        time_point since{};
    };
    using connection_pointer = std::unique_ptr<pooled_connection>;
    using connection_list = tandem::detail::intrusive_list<pooled_connection, pool_tag>;

    struct origin_state {
        /// Its key in `origins_`.
        std::string_view name;
        /// Leases given out, with and without a connection.
        std::size_t active = 0;
        /// The one used last is at the back, and the next to be used: the others may then grow old.
        std::vector<connection_pointer> idle;
        /// Those who wait for a turn, in the order they came.
        tandem::detail::intrusive_list<turn, turn_tag> waiting;
        /// The number of the first of them while it waits in `next_`, else 0.
        std::uint64_t queued_as = 0;
    };

    void bind_to_loop(tandem::detail::scheduler& scheduler);
    void unbind() noexcept;
    origin_state& state_of(std::string_view origin);
    /// The origin's state where it has room for one more lease, else null.
    origin_state* room_at(std::string_view origin);
    lease grant(origin_state& origin, route_pointer by);
    connection_pointer take_idle(origin_state& origin, const route& by) noexcept;
    void make_room(origin_state& origin) noexcept;
    void close(pooled_connection& idle) noexcept;
    void give_back(origin_state& origin, route_pointer by, connection_pointer used) noexcept;
    void keep(connection_pointer used, route_pointer by);
    /// Brings an origin's entry in `next_` up to date, or forgets the origin where nothing is left of it.
    void requeue(origin_state& origin) noexcept;
    void wake_next() noexcept;
    void expired() noexcept override;
    void set_alarm() noexcept;

    std::size_t per_host_;
    std::size_t total_;
    duration idle_limit_;
    std::unordered_map<std::string, origin_state, text_hash, std::equal_to<>> origins_;
    /// The connections that wait for a request; the one that has waited longest comes first.
    connection_list idle_;
    /// The origins that have room and somebody who waits for it, by the number of the first who does.
    std::map<std::uint64_t, origin_state*> next_;
    std::uint64_t last_number_ = 0;
    /// Those on which a response still waits when its loop ends are severed.
    connection_list in_use_;
    /// What the connections run on; null while there are none.
    boost::asio::io_context* bound_to_ = nullptr;
    tandem::detail::scheduler* scheduler_ = nullptr;
};

/// The right to use one connection to an origin, and that connection once there is one. Gives both back.
class lease {
  public:
    lease() noexcept = default;
    lease(lease&& other) noexcept = default;
    lease& operator=(lease&& other) noexcept;
    ~lease() { release(); }

    /// Null until `attach` where no idle connection was at hand.
    connection* get() const noexcept { return connection_.get(); }
    connection* operator->() const noexcept { return connection_.get(); }
    /// True for a connection that has served a request before.
    bool is_reused() const noexcept { return reused_; }

    /// Takes what was opened to the origin.
    void attach(std::unique_ptr<byte_stream> opened);
    /// Closes the connection and keeps the right to another.
    void drop_connection() noexcept;
    /// Hands the connection to the next if it can serve again, closes it otherwise.
    void release() noexcept;

  private:
    friend class connection_pool;
    lease(std::shared_ptr<connection_pool> pool, connection_pool::origin_state& origin, route_pointer by,
          connection_pool::connection_pointer idle) noexcept;

    std::shared_ptr<connection_pool> pool_;
    /// The pool keeps it as long as there is a lease.
    connection_pool::origin_state* origin_ = nullptr;
    route_pointer by_;
    connection_pool::connection_pointer connection_;
    bool reused_ = false;
};

} // namespace tandem::http::detail
