#include "pool/output_pipe.hpp"

#include <cerrno>

namespace tandem::detail {

namespace {

/// How often a handler reads before others have their turn: more than a pipe holds.
constexpr int moves_a_turn = 5;

} // namespace

output_pipe::output_pipe(boost::asio::io_context& io, unique_fd pipe, const output_page& page,
                         output_page::stream& stream, int worker, output_stream which)
    : pipe_(io, pipe.release())
    , page_(&page)
    , stream_(&stream)
    , lines_(worker, which == output_stream::err ? log_level::warning : log_level::info,
             which == output_stream::err, page.before_first_mark) {}

void output_pipe::listen() {
    pipe_.async_wait(pipe_.wait_read, [self = shared_from_this()](const boost::system::error_code& error) {
        if (error || !self->pipe_.is_open()) return;
        for (int move = 0; move < moves_a_turn; ++move)
            if (!self->read_some()) break;
        if (self->pipe_.is_open()) self->listen();
    });
}

/// Returns false when there is nothing more to read now. Closes the pipe at its end.
bool output_pipe::read_some() {
    char text[16 * 1024];
    stream_->reading.store(1);
    ssize_t got = 0;
    do
        got = read(pipe_.native_handle(), text, sizeof text);
    while (got < 0 && errno == EINTR);
    const bool ended = got == 0 || (got < 0 && errno != EAGAIN);
    const std::uint64_t job = page_->job.load();
    const std::uint32_t marks = stream_->marks.load();
    stream_->reading.store(0);
    if (got > 0) lines_.append({text, static_cast<std::size_t>(got)}, job, marks);
    if (ended) {
        boost::system::error_code ignored;
        pipe_.close(ignored);
    }
    return got > 0;
}

void output_pipe::job_answered(std::uint64_t job) {
    // The marks counted are in the pipe already, and there is not more in front of them than it holds.
    while (pipe_.is_open() && static_cast<std::int32_t>(stream_->marks.load() - lines_.marks()) > 0)
        if (!read_some()) break;
    lines_.job_ended(job);
}

void output_pipe::read_rest() {
    for (int move = 0; pipe_.is_open() && move < moves_a_turn; ++move)
        if (!read_some()) break;
    lines_.finish(page_->job.load());
}

void output_pipe::close() noexcept {
    boost::system::error_code ignored;
    pipe_.close(ignored);
}

} // namespace tandem::detail
