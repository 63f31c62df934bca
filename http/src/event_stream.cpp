#include <tandem/http/event_stream.hpp>

#include <algorithm>
#include <exception>
#include <random>
#include <utility>

#include <tandem/coro/loop.hpp>
#include <tandem/coro/sleep.hpp>
#include <tandem/http/error.hpp>

#include "event_parser.hpp"
#include "field_syntax.hpp"

namespace tandem::http {

namespace {

bool is_event_stream(const headers& fields) {
    auto type = fields["Content-Type"];
    type = type.substr(0, type.find(';'));
    while (!type.empty() && (type.back() == ' ' || type.back() == '\t'))
        type.remove_suffix(1);
    return equal_ignoring_case(type, "text/event-stream");
}

} // namespace

class event_stream::state {
  public:
    state(request_builder asks, const event_options& given)
        : request(std::move(asks))
        , options(given)
        , parser(given.max_event(), given.last_event_id()) {
        request.header("Accept", "text/event-stream").header("Cache-Control", "no-store");
    }

    task<std::optional<server_event>> next() {
        while (!has_ended) {
            if (reply) {
                auto event = take_event();
                if (event) co_return event;
                co_await read();
            } else {
                co_await wait();
                co_await connect();
            }
        }
        co_return std::nullopt;
    }

    request_builder request;
    const event_options options;
    detail::event_parser parser;

  private:
    std::optional<server_event> take_event() {
        auto event = parser.next(unread);
        if (!parser.is_too_large()) return event;
        const auto from = reply->from().to_string();
        lose_connection();
        throw body_too_large(from,
                             "an event is larger than " + std::to_string(options.max_event()) + " bytes");
    }

    task<> read() {
        try {
            auto piece = co_await reply->body().next();
            if (piece) {
                unread = *piece;
                co_return;
            }
        } catch (const truncated_error&) {
            // However a connection ends, another one follows.
        } catch (const timeout_error&) {
        } catch (const error&) {
            lose_connection();
            throw;
        }
        lose_connection();
    }

    task<> connect() {
        std::exception_ptr trouble;
        try {
            // Named first: a temporary builder would not outlive its full expression.
            auto asks = request;
            const auto& id = parser.last_id();
            if (!id.empty() && !detail::has_control_character(id)) asks.header("Last-Event-ID", id);
            reply.emplace(co_await asks.send());
        } catch (const address_refused&) {
            throw;
        } catch (const connect_error&) {
            trouble = std::current_exception();
        } catch (const timeout_error&) {
            trouble = std::current_exception();
        } catch (const truncated_error&) {
            trouble = std::current_exception();
        }
        if (trouble)
            count_failure(std::move(trouble));
        else
            look_at_reply();
    }

    void count_failure(std::exception_ptr trouble) {
        ++failures;
        due = loop::current().now() + delay();
        if (!was_open || failures > options.max_failures()) {
            failures = std::min(failures, options.max_failures());
            std::rethrow_exception(std::move(trouble));
        }
    }

    void look_at_reply() {
        const int status = reply->status();
        if (status == 204) {
            has_ended = true;
            reply.reset();
            return;
        }
        auto refused = std::move(*reply);
        reply.reset();
        if (!refused.ok()) refused.raise_for_status();
        const auto from = refused.from().to_string();
        if (status != 200) throw status_error(from, status, refused.reason());
        if (!is_event_stream(refused.headers()))
            throw protocol_error(from, "the reply is no text/event-stream, but '" +
                                           std::string(refused.headers()["Content-Type"]) + "'");
        reply.emplace(std::move(refused));
        parser.begin();
        was_open = true;
        failures = 0;
    }

    void lose_connection() {
        reply.reset();
        unread = {};
        due = loop::current().now() + delay();
    }

    /// Goes on where an earlier call was cancelled.
    task<> wait() {
        if (!due) co_return;
        co_await sleep(std::max(duration(0), *due - loop::current().now()));
        due.reset();
    }

    /// Before the next attempt: at least what the server has asked for. But for the random part all clients
    /// of a server that went down would come back at once.
    duration delay() {
        auto length = std::max(duration(0), parser.retry().value_or(options.reconnect_delay()));
        const auto most = std::max(length, options.max_reconnect_delay());
        for (int i = 0; i < failures && length < most; ++i)
            length = std::min(most, length * 2);
        const auto most_more = length.count() / 4;
        return length + duration(std::uniform_int_distribution<duration::rep>(0, most_more)(random));
    }

    std::optional<response> reply;
    /// Of the body, not parsed yet.
    std::string_view unread;
    /// When to connect again.
    std::optional<time_point> due;
    /// Attempts in a row to connect again.
    int failures = 0;
    bool was_open = false;
    bool has_ended = false;
    std::minstd_rand random{std::random_device()()};
};

event_stream::event_stream(request_builder request, const event_options& options)
    : state_(std::make_unique<state>(std::move(request), options)) {}
event_stream::event_stream(event_stream&&) noexcept = default;
event_stream& event_stream::operator=(event_stream&&) noexcept = default;
event_stream::~event_stream() = default;

task<std::optional<server_event>> event_stream::next() {
    return state_->next();
}

const std::string& event_stream::last_event_id() const noexcept {
    return state_->parser.last_id();
}

} // namespace tandem::http
