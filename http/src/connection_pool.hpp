// Connections kept for the next request, and turns for those who have to wait for one.
#pragma once
#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include <tandem/base/clock.hpp>
#include <tandem/base/intrusive_list.hpp>
#include <tandem/coro/task.hpp>
#include <tandem/coro/timer.hpp>
#include <tandem/http/client_options.hpp>
#include <tandem/http/client_statistics.hpp>

#include "connection.hpp"
#include "route.hpp"

namespace boost::asio {
class io_context;
}

namespace tandem::detail {
class scheduler;
}

namespace tandem::http::detail {

class connection_pool;

/// What a connection is for: an origin, and the way to it.
struct connection_key {
    std::string origin; ///< scheme, host and port
    std::shared_ptr<const route> by;

    bool is_served_by(const connection_key& other) const noexcept {
        return origin == other.origin && by->shares_with(*other.by, origin.starts_with("https:"));
    }
};

/// The right to use one connection to an origin, and that connection once there is one. Gives both back.
class lease {
  public:
    lease() noexcept = default;
    lease(std::shared_ptr<connection_pool> pool, connection_key key,
          std::unique_ptr<connection> idle) noexcept;
    lease(lease&& other) noexcept = default;
    lease& operator=(lease&& other) noexcept;
    ~lease() { release(); }

    /// Null until `attach` where no idle connection was at hand.
    connection* get() const noexcept { return connection_.get(); }
    connection* operator->() const noexcept { return connection_.get(); }
    /// True for a connection that has served a request before.
    bool is_reused() const noexcept { return reused_; }
    const std::string& origin() const noexcept { return key_.origin; }

    void attach(std::unique_ptr<connection> opened) noexcept;
    /// Closes the connection and keeps the right to another.
    void drop_connection() noexcept;
    /// Hands the connection to the next if it can serve again, closes it otherwise.
    void release() noexcept;

  private:
    std::shared_ptr<connection_pool> pool_;
    connection_key key_;
    std::unique_ptr<connection> connection_;
    bool reused_ = false;
};

/// All connections of one client. Belongs to one loop at a time: it binds to the loop of its first request,
/// and is free for another when that loop is gone.
class connection_pool final : public std::enable_shared_from_this<connection_pool>,
                              private tandem::detail::timer {
  public:
    explicit connection_pool(const client_options& options);
    ~connection_pool();

    /// A turn with the key's origin, with an idle connection where there is one that still stands. Waits
    /// while the limits are reached. Whoever came first goes first, across origins too: only those whose
    /// origin has no room are passed over.
    task<lease> acquire(connection_key key);
    /// The same where nobody has to wait for it, which takes `key` then; else nothing.
    std::optional<lease> acquire_now(connection_key& key);

    /// Closes what is idle.
    void clear() noexcept;

    client_statistics counts;

  private:
    friend class lease;
    class turn;
    class loop_end;
    struct turn_tag;

    struct idle_connection {
        std::unique_ptr<connection> stream;
        connection_key key;
        time_point since;
    };
    using idle_list = std::list<idle_connection>;
    struct origin_state {
        /// Leases given out, with and without a connection.
        std::size_t active = 0;
        /// The one used last is at the back, and the next to be used: the others may then grow old.
        std::vector<idle_list::iterator> idle;
        /// Those who wait for a turn, in the order they came.
        tandem::detail::intrusive_list<turn, turn_tag> waiting;
        /// The number of the first of them while it waits in `next_`, else 0.
        std::uint64_t queued_as = 0;
    };

    void bind_to_loop(tandem::detail::scheduler& scheduler);
    void unbind() noexcept;
    bool has_room(const std::string& origin) const noexcept;
    lease grant(connection_key key);
    std::unique_ptr<connection> take_idle(origin_state& state, const connection_key& key) noexcept;
    void make_room(origin_state& state) noexcept;
    void close(idle_list::iterator idle) noexcept;
    void give_back(connection_key key, std::unique_ptr<connection> used) noexcept;
    void keep(connection_key key, origin_state& state, std::unique_ptr<connection> used);
    /// Brings an origin's entry in `next_` up to date, or forgets the origin where nothing is left of it.
    void requeue(const std::string& origin) noexcept;
    void wake_next() noexcept;
    void expired() noexcept override;
    void set_alarm() noexcept;

    std::size_t per_host_;
    std::size_t total_;
    duration idle_limit_;
    std::unordered_map<std::string, origin_state> origins_;
    /// The connections that wait for a request; the one that has waited longest comes first.
    idle_list idle_;
    /// The origins that have room and somebody who waits for it, by the number of the first who does.
    std::map<std::uint64_t, origin_state*> next_;
    std::uint64_t last_number_ = 0;
    /// Connections in use; those on which a response still waits when its loop ends are severed.
    tandem::detail::intrusive_list<connection, active_tag> in_use_;
    /// What the connections run on; null while there are none.
    boost::asio::io_context* bound_to_ = nullptr;
    tandem::detail::scheduler* scheduler_ = nullptr;
};

} // namespace tandem::http::detail
