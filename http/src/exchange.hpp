// One request of the caller: all its redirects, its retry, and the body of its final reply.
#pragma once
#include <cstdint>
#include <exception>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <tandem/base/clock.hpp>
#include <tandem/coro/loop.hpp>
#include <tandem/coro/task.hpp>
#include <tandem/coro/timeout.hpp>
#include <tandem/http/headers.hpp>
#include <tandem/http/redirect_hop.hpp>
#include <tandem/http/response.hpp>
#include <tandem/http/url.hpp>

#include "client_core.hpp"
#include "connection_pool.hpp"
#include "decode/content_decoder.hpp"
#include "error_site.hpp"
#include "file_writer.hpp"
#include "request_parts.hpp"
#include "trace/tracer.hpp"

namespace tandem::http {
struct netrc_entry;
}

namespace tandem::http::detail {

class exchange {
  public:
    exchange(std::shared_ptr<client_core> core, request_parts&& parts);
    /// One that was answered already.
    exchange(std::shared_ptr<client_core> core, request_parts&& parts, reply_head head, std::string body);
    /// Takes it out of what middleware has returned.
    static std::shared_ptr<exchange> of(response& reply) noexcept { return std::move(reply.exchange_); }
    exchange(const exchange&) = delete;
    exchange& operator=(const exchange&) = delete;
    ~exchange();

    /// Sends the request and follows redirects until the header of a final reply is there.
    task<> open();

    /// The same, and a status_error unless the final reply is a 2xx, where the caller wants that or, if he
    /// said nothing, where `raises`.
    task<> open_for_body(bool raises = true);

    /// The same whatever the status, which middleware is to see.
    task<> open_for_middleware() { return open_once(false); }

    /// The next piece of the body, valid until the next call; empty at the end. Before `open`, nothing. An
    /// error closes the connection, and comes again with the next call.
    task<std::string_view> read();

    /// The same with the piece moved into `room`; returns its size, 0 at the end.
    task<std::size_t> read_into(std::span<char> room);

    /// Writes the body to the end of a file; over TCP, where it is long and comes as it is, inside the
    /// kernel.
    task<> save_to(file_writer& file);

    /// The same with the next piece, of at most `most` bytes; returns its size, 0 at the end.
    task<std::size_t> save_piece(file_writer& file,
                                 std::size_t most = std::numeric_limits<std::size_t>::max());

    /// Whether it is known that nothing more of the body will come; `read` tells otherwise.
    bool is_at_end() const noexcept { return is_open_ && !lease_.get() && !decoder_ && made_left_.empty(); }

    /// All of the body will be kept in memory: a limit on what is decoded holds also where the caller has set
    /// none.
    void expect_to_keep_all();

    /// Reads what is left of a short body and gives the connection back; closes it where that is not enough.
    task<> drain();

    /// Runs `work`, one of the above or what is made of them, within what is left of the total time-out.
    template <class T> task<T> within_total(task<T> work) {
        const auto limit = parts_.settings.limits.total;
        if (!limit) return work;
        return within(*limit, std::move(work));
    }

    void raise_for_status() const;

    const reply_head& head() const noexcept { return head_; }
    const headers& trailers() const noexcept { return trailers_; }
    const error_site& site() const noexcept { return site_; }
    const std::vector<redirect_hop>& hops() const noexcept { return hops_; }
    const url& current() const noexcept { return redirected_ ? *redirected_ : parts_.target; }
    const url& asked() const noexcept { return parts_.target; }
    timings times() const noexcept { return tracer_.so_far(); }

  private:
    /// The size of `decoded_`.
    static constexpr std::size_t decoded_piece = 32 * 1024;

    template <class T> task<T> within(duration total, task<T> work) {
        try {
            co_return co_await timeout(started_ + total - loop::current().now(), std::move(work));
        } catch (const timed_out&) {
            tracer_.end(trace_step::failed, "the total time-out ran out");
            site_.fail_timed_out(time_limit::total, total);
        }
    }
    task<> open_once(bool raises);
    std::shared_ptr<const route> current_route() const;
    task<> ask_with_retries();
    std::optional<duration> pause_before_retry(const std::exception_ptr& failure,
                                               std::optional<time_point> deadline);
    bool is_worth_a_retry(const std::exception_ptr& failure) const;
    task<> ask_until_answered();
    bool can_be_put_otherwise();
    void identify();
    void identify_to_proxy();
    task<> authorize();
    task<> authorize(spokesman& by, std::string_view target);
    bool may_be_let_in();
    const netrc_entry* netrc_entry_for(std::string_view user) const noexcept;
    std::string cookie_field() const;
    void keep_cookies();
    task<> send_once();
    task<> wait_for_turn();
    task<> connect();
    task<> ask();
    void measure_body();
    bool may_send_again() const noexcept;
    task<std::string_view> read_wire();
    task<std::size_t> save_small_piece(file_writer& file, std::size_t most);
    void write_to(file_writer& file, std::string_view piece);
    bool can_move_body() const noexcept;
    task<std::size_t> move_body(file_writer& file, std::size_t most);
    void begin_body();
    task<std::size_t> read_decoded(std::span<char> room);
    task<> feed_decoder();
    [[noreturn]] void fail_decoding() const;
    void end_body();
    void count_body(std::uint64_t more);
    void keep_failure(const error& failure) noexcept;
    task<> read_rest(std::uint64_t most);
    task<> leave_for(url target);
    std::string request_text() const;
    void append_body_fields(std::string& text) const;

    std::shared_ptr<client_core> core_;
    /// The request as the caller gave it, but for what redirects have taken from it.
    request_parts parts_;
    /// Where its redirects have led, once there was one.
    std::optional<url> redirected_;
    /// The redirects that led there.
    std::vector<redirect_hop> hops_;
    /// The way there.
    std::shared_ptr<const route> route_;
    error_site site_;
    const time_point started_;
    /// To the origin that it is at.
    spokesman at_origin_;
    /// To the proxy that it is handed to.
    spokesman at_proxy_;
    tracer tracer_;
    /// The header of the final reply is there, and its body begun.
    bool is_open_ = false;
    bool is_body_begun_ = false;
    /// The body of a reply that was made here, and what was not read of it yet.
    std::string made_body_;
    std::string_view made_left_;
    /// Of the parts of the request's body, where that does not come in chunks.
    std::optional<std::vector<std::uint64_t>> body_sizes_;
    bool body_has_begun_ = false;
    /// A byte of the request may have reached the server, the last time that it was sent.
    bool was_sent_ = false;
    /// Retries not counted that the pool makes of its own.
    int attempts_made_ = 1;
    std::optional<tandem::retry_policy> pauses_;
    lease lease_;
    reply_head head_;
    headers trailers_;
    /// How much of the body has been handed out.
    std::uint64_t body_bytes_ = 0;
    std::exception_ptr failure_;
    /// Null where the body is handed out as it comes.
    std::unique_ptr<content_decoder> decoder_;
    /// Where `read` decodes to.
    std::unique_ptr<char[]> decoded_;
    /// The kernel has begun to move the body to its file.
    bool moves_body_ = false;
};

} // namespace tandem::http::detail
