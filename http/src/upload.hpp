// Sends a request whose body does not go out with its header.
#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <tandem/coro/task.hpp>
#include <tandem/coro/task_group.hpp>

#include "connection.hpp"
#include "error_site.hpp"
#include "request_parts.hpp"
#include "trace/tracer.hpp"

namespace tandem::http::detail {

/// One sending of a body: by its length where that is known, in chunks (RFC 9112 section 7.1) otherwise.
/// While it is under way, the connection is watched: a server that has its reply ready need not read the
/// rest.
class upload {
  public:
    /// All of these have to outlive it. `sizes` are those of the body's parts, as the header announces them;
    /// `has_begun` becomes true when the first of them is taken from where it comes from.
    upload(connection& to, const error_site& site, const request_parts& parts,
           const std::optional<std::vector<std::uint64_t>>& sizes, bool& has_begun, tracer& trace) noexcept;

    /// Sends header and body and returns the final reply's header.
    task<reply_head*> run(std::string_view header);

  private:
    task<> send_and_watch();
    task<> watch(task_group& group);
    task<> send_all();
    task<bool> send_file(const std::string& path, std::uint64_t size);
    task<bool> send_chunks(const std::function<stream<std::string>()>& chunks);
    task<bool> send_piece(std::string_view piece);
    void report() const;

    connection& to_;
    const error_site& site_;
    const request_parts& parts_;
    const std::optional<std::vector<std::uint64_t>>& sizes_;
    std::optional<std::uint64_t> total_;
    std::uint64_t sent_ = 0;
    bool& has_begun_;
    tracer& trace_;
    std::string_view header_;
    /// A chunk with its size before and its line end behind it.
    std::string chunk_;
};

} // namespace tandem::http::detail
