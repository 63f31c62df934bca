// Takes an event stream apart.
#pragma once
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include <tandem/base/clock.hpp>
#include <tandem/http/server_event.hpp>

namespace tandem::http::detail {

/// A push parser for event streams (HTML standard, section 9.2.6), of one connection after the other. The
/// answer does not depend on how the bytes are cut.
class event_parser {
  public:
    /// `most` are the bytes that an event may have, its fields and the line that is being read together;
    /// `last_id` is what the first event without an id has for one.
    explicit event_parser(std::size_t most, std::string last_id = {})
        : most_(most)
        , id_(last_id)
        , last_id_(std::move(last_id)) {}

    /// A new connection begins: what the last one has left incomplete is dropped.
    void begin();

    /// Takes bytes off the front of `bytes` until there is an event, or none are left. Where they are too
    /// many for one event, it takes no more.
    std::optional<server_event> next(std::string_view& bytes);

    bool is_too_large() const noexcept { return is_too_large_; }

    /// The id of the last event, and of empty ones behind it.
    const std::string& last_id() const noexcept { return last_id_; }
    /// The last that the server has said of how long to wait.
    std::optional<duration> retry() const noexcept { return retry_; }

  private:
    bool take_line(std::string_view line);
    void take_field(std::string_view name, std::string_view value);
    bool end_event();

    std::size_t most_;
    /// A line's beginning, where that came apart from its end.
    std::string line_;
    std::string type_;
    std::string data_;
    /// Becomes the last event's id at the end of an event. The standard has it empty at the beginning of a
    /// connection, so that an event without an id would undo what the server was asked for; browsers keep it.
    std::string id_;
    std::string last_id_;
    std::optional<duration> retry_;
    bool has_new_retry_ = false;
    bool is_first_line_ = true;
    /// The last line ended with a CR: a LF that follows belongs to it.
    bool is_after_cr_ = false;
    bool is_too_large_ = false;
};

} // namespace tandem::http::detail
