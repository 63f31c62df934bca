// What requests do, step by step, for --verbose and --trace.
#pragma once
#include <cstdio>
#include <memory>
#include <string>

#include "download/options/display_options.hpp"
#include "download/progress/display.hpp"
#include <tandem/http/trace_event.hpp>

/// An observer of a client. With --verbose it shows connections and headers on the display, as curl does:
/// `*` before what it did, `>` before what it sent, `<` before what came. With --trace each step goes to a
/// file, on a line of its own:
///
///     12 0.034 s first_byte http://example.org/ (200)
///
/// where 12 is the request's number. No secret is in either. May be called on several threads at a time.
class request_log {
  public:
    /// Throws std::system_error where the file cannot be written.
    request_log(const display_options& chosen, display& shown);
    request_log(const request_log&) = delete;
    request_log& operator=(const request_log&) = delete;

    /// Whether anybody wants to know.
    bool is_wanted() const noexcept { return is_verbose_ || file_; }
    void operator()(const tandem::http::trace_event& event);

  private:
    void show(const tandem::http::trace_event& event);
    void write(const tandem::http::trace_event& event);

    struct closing {
        void operator()(std::FILE* file) const noexcept;
    };
    const bool is_verbose_;
    display& shown_;
    /// Null for none.
    std::unique_ptr<std::FILE, closing> file_;
};
