// Follows a request for those who want to know.
#pragma once
#include <cstdint>
#include <exception>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <tandem/coro/task.hpp>
#include <tandem/http/timings.hpp>
#include <tandem/http/trace_event.hpp>
#include <tandem/io/connect_observer.hpp>

#include "reply_parser.hpp"

namespace tandem::http::detail {

/// Measures one request, and tells the client's observer of it where there is one.
class tracer final : public connect_observer {
  public:
    /// `observer` may be empty, and outlives this; so does `where`, the URL that the request is for.
    tracer(const trace_observer& observer, std::uint64_t number, const std::string& where,
           time_point began) noexcept
        : observer_(observer)
        , number_(number)
        , where_(&where)
        , began_(began) {}
    tracer(const tracer&) = delete;
    tracer& operator=(const tracer&) = delete;

    /// The request goes on at `where`, which outlives this, or what it is redirected to next.
    void redirected_to(const std::string& where) noexcept { where_ = &where; }

    bool is_watched() const noexcept { return static_cast<bool>(observer_); }

    void note(trace_step step, std::string_view subject = {}, std::string_view trouble = {},
              int status = 0) noexcept {
        if (observer_) tell(step, subject, trouble, status);
    }

    /// The request is sent, perhaps not for the first time; it waits for its turn.
    void begin_sending() noexcept;
    void has_turn(bool is_reused) noexcept;
    /// `text` begins with its header. The values of `secret_names`' fields are not for the observer.
    void request_sent(std::string_view text, const std::vector<std::string>& secret_names) noexcept;
    /// The header of a reply is there, whose first byte came at `first`.
    void has_reply(time_point first, const reply_head& head) noexcept;
    /// The last step, unless it has come already.
    void end(trace_step how, std::string_view trouble = {}, int status = 0) noexcept;

    /// Until now.
    timings so_far() const noexcept;

    /// The part of a request that is known by its two ends.
    struct part {
        trace_step begin;
        trace_step end;
        duration timings::*spent;
    };
    static constexpr part dns{trace_step::dns_begin, trace_step::dns_end, &timings::dns};
    static constexpr part proxy{trace_step::proxy_begin, trace_step::proxy_end, &timings::proxy};
    static constexpr part tls{trace_step::tls_begin, trace_step::tls_end, &timings::tls};

    /// Runs `work` as that part of the request.
    template <class T> task<T> follow(const part& what, std::string subject, task<T> work) {
        running here(*this, what, std::move(subject));
        try {
            if constexpr (std::is_void_v<T>) {
                co_await std::move(work);
                here.ends_with({});
            } else {
                auto made = co_await std::move(work);
                here.ends_with({});
                co_return made;
            }
        } catch (const std::exception& failure) {
            here.ends_with(failure.what());
            throw;
        }
    }

    /// Adds the time that `work` takes, of which the observer is told otherwise.
    template <class T> task<T> measure(duration timings::*spent, task<T> work) {
        const auto since = now();
        auto made = co_await std::move(work);
        times_.*spent += now() - since;
        co_return made;
    }

    void attempt_begins(const endpoint& to) noexcept override;
    void attempt_ends(const endpoint& to, std::error_code cause) noexcept override;

  private:
    class running {
      public:
        running(tracer& by, const part& what, std::string subject)
            : by_(by)
            , what_(what)
            , subject_(std::move(subject))
            , since_(now()) {
            by_.note(what_.begin, subject_);
        }
        running(const running&) = delete;
        running& operator=(const running&) = delete;
        ~running() { end("cancelled"); }
        void ends_with(std::string_view trouble) noexcept { end(trouble); }

      private:
        void end(std::string_view trouble) noexcept {
            if (std::exchange(has_ended_, true)) return;
            by_.times_.*what_.spent += now() - since_;
            by_.note(what_.end, subject_, trouble);
        }

        tracer& by_;
        const part& what_;
        std::string subject_;
        time_point since_;
        bool has_ended_ = false;
    };

    static time_point now() noexcept;
    void tell(trace_step step, std::string_view subject, std::string_view trouble, int status,
              std::string_view header = {}) noexcept;

    const trace_observer& observer_;
    const std::uint64_t number_;
    const std::string* where_;
    const time_point began_;
    time_point queued_{};
    time_point sent_{};
    time_point ended_{};
    bool has_ended_ = false;
    timings times_;
};

} // namespace tandem::http::detail
