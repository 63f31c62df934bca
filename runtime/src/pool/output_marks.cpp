#include "pool/output_marks.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cinttypes>
#include <cstdio>
#include <ext/stdio_sync_filebuf.h>
#include <fcntl.h>
#include <iostream>
#include <poll.h>
#include <stdio_ext.h>
#include <sys/ioctl.h>
#include <typeinfo>

#include "pool/worker_log.hpp"
#include "pool/worker_mark.hpp"

namespace tandem::detail {

namespace {

constexpr char before_number = '#';
/// Of two numbers and what stands around them.
constexpr std::size_t longest_mark = 40;

unique_fd own_copy(int descriptor) {
    return unique_fd(fcntl(descriptor, F_DUPFD_CLOEXEC, worker_descriptors));
}

} // namespace

output_marks::output_marks(output_page& page, bool has_stdout)
    : page_(page) {
    err_.pipe = own_copy(STDERR_FILENO);
    err_.page = &page.err;
    err_.marks = page.before_first_mark;
    quickest_write_ = time_to_look();
    if (!has_stdout) return;
    out_.pipe = own_copy(STDOUT_FILENO);
    out_.page = &page.out;
    out_.marks = page.before_first_mark;
    // What is printed by line arrives by line, also from a job that crashes later.
    std::setvbuf(stdout, nullptr, _IOLBF, BUFSIZ);
}

/// How long the system takes at least to say whether there is something to read: a write, which does more,
/// takes longer.
std::chrono::nanoseconds output_marks::time_to_look() const noexcept {
    constexpr int looks = 8;
    auto least = std::chrono::nanoseconds::max();
    for (int round = 0; round < 4; ++round) {
        const auto begun = std::chrono::steady_clock::now();
        int unread = 0;
        for (int look = 0; look < looks; ++look)
            if (ioctl(err_.pipe.get(), FIONREAD, &unread) != 0) return {};
        least = std::min<std::chrono::nanoseconds>(least, std::chrono::steady_clock::now() - begun);
    }
    return least / looks;
}

void output_marks::flush() noexcept {
    // They have buffers of their own after sync_with_stdio(false) only.
    const auto has_buffer = [](std::ostream& stream) {
        std::streambuf* const buffer = stream.rdbuf();
        return buffer && typeid(*buffer) != typeid(__gnu_cxx::stdio_sync_filebuf<char>);
    };
    try {
        if (has_buffer(std::cout)) std::cout.flush();
        if (has_buffer(std::clog)) std::clog.flush();
    } catch (...) { // the job has asked for exceptions: they are its own
    }
    if (__fpending(stdout) != 0) std::fflush(stdout);
}

void output_marks::look_for_output(std::uint64_t job) noexcept {
    if (out_.page) out_.mark_end(job);
    err_.mark_end(job);
}

void output_marks::stream::mark_end(std::uint64_t job) noexcept {
    int unread = 0;
    if (ioctl(pipe.get(), FIONREAD, &unread) != 0) return;
    if (unread == 0 && page->reading.load() == 0) return;
    char text[longest_mark + 1];
    const int size = std::snprintf(text, sizeof text, "%c%c%" PRIu32 "%c%" PRIu64 "\n", worker_record_mark,
                                   before_number, ++marks, before_number, job);
    // Shorter than PIPE_BUF, so all or nothing.
    while (write(pipe.get(), text, static_cast<std::size_t>(size)) < 0) {
        // A job may have made the pipe non-blocking.
        pollfd room{pipe.get(), POLLOUT, 0};
        if (errno == EAGAIN)
            poll(&room, 1, -1);
        else if (errno != EINTR)
            return; // nobody reads it any more
    }
    page->marks.store(marks);
}

std::optional<output_mark> find_output_mark(std::string_view text) {
    const auto end = text.find('\n');
    if (end == std::string_view::npos || end > longest_mark) return std::nullopt;
    output_mark found;
    found.size = end + 1;
    const char* const last = text.data() + end;
    const char* at = text.data();
    if (at == last || *at++ != worker_record_mark || at == last || *at++ != before_number)
        return std::nullopt;
    const auto number = std::from_chars(at, last, found.number);
    if (number.ec != std::errc() || number.ptr == last || *number.ptr != before_number) return std::nullopt;
    const auto job = std::from_chars(number.ptr + 1, last, found.job);
    if (job.ec != std::errc() || job.ptr != last) return std::nullopt;
    return found;
}

bool may_become_output_mark(std::string_view text) {
    if (text.empty() || text.size() > longest_mark || text[0] != worker_record_mark) return false;
    if (text.size() == 1) return true;
    return text[1] == before_number && text.find_first_not_of("0123456789#", 2) == std::string_view::npos;
}

} // namespace tandem::detail
