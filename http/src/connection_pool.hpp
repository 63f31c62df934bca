// Connections kept for the next request, and turns for those who have to wait for one.
#pragma once
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include <tandem/base/clock.hpp>
#include <tandem/base/intrusive_list.hpp>
#include <tandem/coro/task.hpp>
#include <tandem/http/client.hpp>
#include <tandem/http/client_options.hpp>

#include "connection.hpp"

namespace boost::asio {
class io_context;
}

namespace tandem::http::detail {

class connection_pool;

/// The right to use one connection to an origin, and that connection once there is one. Gives both back.
class lease {
  public:
    lease() noexcept = default;
    lease(std::shared_ptr<connection_pool> pool, std::string origin,
          std::unique_ptr<connection> idle) noexcept;
    lease(lease&& other) noexcept = default;
    lease& operator=(lease&& other) noexcept;
    ~lease() { release(); }

    /// Null until `attach` where no idle connection was at hand.
    connection* get() const noexcept { return connection_.get(); }
    connection* operator->() const noexcept { return connection_.get(); }
    /// True for a connection that has served a request before.
    bool is_reused() const noexcept { return reused_; }

    void attach(std::unique_ptr<connection> opened) noexcept;
    /// Closes the connection and keeps the right to another.
    void drop_connection() noexcept;
    /// Hands the connection to the next if it can serve again, closes it otherwise.
    void release() noexcept;

  private:
    std::shared_ptr<connection_pool> pool_;
    std::string origin_;
    std::unique_ptr<connection> connection_;
    bool reused_ = false;
};

/// All connections of one client. Belongs to one loop at a time: it binds to the loop of its first request,
/// and is free for another when that loop is gone.
class connection_pool : public std::enable_shared_from_this<connection_pool> {
  public:
    explicit connection_pool(const client_options& options);
    ~connection_pool();

    /// A turn with `origin`, with an idle connection where there is one that still stands. Waits while the
    /// limits are reached; first come, first served among those whose origin has room.
    task<lease> acquire(std::string origin);

    /// Closes what is idle.
    void clear() noexcept;

    client_statistics counts;

  private:
    friend class lease;
    class turn;
    class loop_end;

    struct idle_connection {
        std::unique_ptr<connection> stream;
        time_point since;
    };
    struct origin_state {
        /// Leases given out, with and without a connection.
        std::size_t active = 0;
        /// The one used last is at the back, and the next to be used: the others may then grow old.
        std::vector<idle_connection> idle;
    };

    void bind_to_loop();
    void unbind() noexcept;
    bool has_room(const std::string& origin) const noexcept;
    lease grant(const std::string& origin);
    void evict_oldest() noexcept;
    void give_back(const std::string& origin, std::unique_ptr<connection> used) noexcept;
    void wake_next() noexcept;

    std::size_t per_host_;
    std::size_t total_;
    duration idle_limit_;
    std::unordered_map<std::string, origin_state> origins_;
    /// Those who wait for a turn, in the order they came.
    std::list<turn*> waiting_;
    /// Connections in use; those on which a response still waits when its loop ends are severed.
    tandem::detail::intrusive_list<connection, active_tag> in_use_;
    /// What the connections run on; null while there are none.
    boost::asio::io_context* bound_to_ = nullptr;
};

} // namespace tandem::http::detail
