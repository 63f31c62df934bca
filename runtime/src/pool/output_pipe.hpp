// The pool's side of a worker's captured output: see output_page.
#pragma once
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <memory>

#include "io/unique_fd.hpp"
#include "pool/output_lines.hpp"
#include "pool/output_page.hpp"

namespace tandem::detail {

enum class output_stream : unsigned char {
    out, ///< lines at level info
    err, ///< at level warning, and records of the worker's own log
};

/// Reads one of a worker's pipes as something comes. Its handlers keep it alive; after `close` they do
/// nothing, and nobody looks at the page any more.
class output_pipe : public std::enable_shared_from_this<output_pipe> {
  public:
    output_pipe(boost::asio::io_context& io, unique_fd pipe, const output_page& page,
                output_page::stream& stream, int worker, output_stream which);

    void set_worker(int pid) noexcept { lines_.set_worker(pid); }

    void listen();
    /// Reads all that the job has written, and ends its last line: its answer has come.
    void job_answered(std::uint64_t job);
    /// Reads what there still is of a worker that has ended.
    void read_rest();
    std::string last_words() const { return lines_.last_words(); }
    void close() noexcept;

  private:
    bool read_some();

    boost::asio::posix::stream_descriptor pipe_;
    const output_page* page_;
    output_page::stream* stream_;
    output_lines lines_;
};

} // namespace tandem::detail
