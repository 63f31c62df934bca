// One request of the caller: all its redirects, its retry, and the body of its final reply.
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <tandem/base/clock.hpp>
#include <tandem/coro/loop.hpp>
#include <tandem/coro/task.hpp>
#include <tandem/coro/timeout.hpp>
#include <tandem/http/headers.hpp>
#include <tandem/http/url.hpp>

#include "client_core.hpp"
#include "connection_pool.hpp"
#include "error_site.hpp"
#include "request_parts.hpp"

namespace tandem::http::detail {

class exchange {
  public:
    exchange(std::shared_ptr<client_core> core, request_parts parts);

    /// Sends the request and follows redirects until the header of a final reply is there.
    task<> open();

    /// The same, and a status_error unless the final reply is a 2xx.
    task<> open_for_body();

    /// The next piece of the body, valid until the next call; empty at the end. Before `open`, nothing.
    task<std::string_view> read();

    /// Runs `work`, one of the above or what is made of them, within what is left of the total time-out.
    template <class T> task<T> within_total(task<T> work) {
        auto limit = core_->options.total_timeout();
        if (!limit) co_return co_await std::move(work);
        try {
            co_return co_await timeout(started_ + *limit - loop::current().now(), std::move(work));
        } catch (const timed_out&) {
            fail_total(*limit);
        }
    }

    void raise_for_status() const;

    const reply_head& head() const noexcept { return head_; }
    const url& current() const noexcept { return current_; }
    const url& asked() const noexcept { return parts_.target; }

  private:
    [[noreturn]] void fail_total(duration limit) const;
    task<> send_once();
    task<> connect();
    task<> ask(const std::string& request);
    task<bool> ask_over_idle(const std::string& request);
    std::optional<url> redirect_target() const;
    /// Reads what is left of a short body and gives the connection back.
    task<> drain();
    task<> leave_for(url target);
    std::string request_text() const;

    std::shared_ptr<client_core> core_;
    /// The request as the caller gave it, but for what redirects have taken from it.
    request_parts parts_;
    /// Where its redirects have led.
    url current_;
    error_site site_;
    const time_point started_;
    lease lease_;
    reply_head head_;
};

} // namespace tandem::http::detail
