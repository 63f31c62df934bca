// What is in a cookie jar.
#pragma once
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <tandem/http/cookie_jar.hpp>

namespace tandem::http::detail {

/// RFC 6265bis section 5.7 (storing) and 5.8 (giving back). Thread safe.
class cookie_store {
  public:
    explicit cookie_store(cookie_jar::clock now);

    bool store(const url& from, std::string_view text);
    std::string header_for(const url& to);

    /// Puts a cookie in that came from no server.
    void put(cookie made);
    std::size_t remove(std::string_view name, std::string_view domain);
    void clear();
    void end_session();
    std::vector<cookie> cookies() const;
    void limits(std::size_t per_domain, std::size_t total);
    cookie_time now() const { return clock_(); }

  private:
    /// A cookie, with when it was set and used last: numbers that only grow, for all cookies of the jar.
    struct record {
        cookie what;
        std::uint64_t created;
        std::uint64_t used;
    };
    using record_list = std::vector<record>;

    void insert(cookie made, cookie_time now);
    bool would_overlay_secure(const cookie& made) const;
    void make_room(const std::string& domain, cookie_time now);
    void erase_expired(cookie_time now);
    void erase_oldest_of(record_list& of) noexcept;
    void erase_oldest() noexcept;
    template <class Filter> std::size_t erase_if(Filter filter);

    const cookie_jar::clock clock_;
    mutable std::mutex access_;
    /// By their domain.
    std::unordered_map<std::string, record_list> domains_;
    std::size_t count_ = 0;
    std::size_t most_per_domain_ = 180;
    std::size_t most_ = 3000;
    std::uint64_t last_number_ = 0;
};

} // namespace tandem::http::detail
