#include "io/file_state.hpp"

#include <cassert>
#include <cerrno>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>

#include <tandem/base/clock.hpp>
#include <tandem/base/error.hpp>

#include "io/file_counters.hpp"

namespace tandem::detail {

namespace {

constexpr auto too_long = std::chrono::milliseconds(1);

} // namespace

void throw_file_error(const char* what, const std::string& path, int error) {
    throw std::system_error(error, std::generic_category(), std::string(what) + " '" + path + "'");
}

file_state::file_state(unique_fd descriptor, std::string path)
    : descriptor_(std::move(descriptor))
    , path_(std::move(path)) {
    struct stat status;
    const int flags = ::fcntl(descriptor_.get(), F_GETFL);
    if (flags < 0 || ::fstat(descriptor_.get(), &status) != 0) throw_file_error("cannot open", path_, errno);
    is_regular_ = S_ISREG(status.st_mode);
    appends_ = (flags & O_APPEND) != 0;
    // These wait for the disk with each write.
    is_slow_ = !is_regular_ || (flags & (O_DIRECT | O_SYNC | O_DSYNC)) != 0;
    can_ask_ = is_regular_;
    publish_file_metrics();
}

file_state::~file_state() {
    assert(users_ == 0 && "tandem: a file was destroyed while an operation on it was under way");
}

file_request file_state::request(file_call call) const noexcept {
    file_request made;
    made.call = call;
    made.descriptor = descriptor_.get();
    return made;
}

template <class Call> std::int64_t file_state::timed(Call call) noexcept {
    const time_point begin = clock::now();
    const std::int64_t result = call();
    if (clock::now() - begin > too_long) {
        is_slow_ = true;
        count(file_counter.slow_files);
    }
    return result;
}

std::int64_t file_state::try_read(const file_request& reading) noexcept {
    if (!can_ask_ || reading.length > inline_limit) return -EAGAIN;
    const std::int64_t result = read_without_waiting(reading);
    if (result >= 0) count(file_counter.inline_reads);
    if (result != -EOPNOTSUPP) return result;
    can_ask_ = false;
    return -EAGAIN;
}

std::int64_t file_state::try_write(const file_request& writing) noexcept {
    if (is_slow_ || writing.length > inline_limit) return -EAGAIN;
    count(file_counter.inline_writes);
    return timed([&] { return make_call(writing); });
}

std::int64_t file_state::try_quick(const file_request& call) noexcept {
    return is_slow_ ? -EAGAIN : timed([&] { return make_call(call); });
}

file_use::file_use(file_state& state, of what)
    : state_(state)
    , what_(what) {
    if (what == of::position) {
        if (state.position_in_use_)
            throw usage_error("two tasks at a time read or write at the position of the file '" +
                              state.path() + "': use read_at and write_at, or one task");
        state.position_in_use_ = true;
    }
    ++state.users_;
}

file_use::~file_use() {
    --state_.users_;
    if (what_ == of::position) state_.position_in_use_ = false;
}

} // namespace tandem::detail
