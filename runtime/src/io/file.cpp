#include <tandem/io/file.hpp>

#include <algorithm>
#include <cerrno>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

#include <tandem/base/error.hpp>

#include "io/file_backend.hpp"
#include "io/file_state.hpp"

namespace tandem {

namespace {

using detail::file_call;
using detail::file_request;
using detail::file_state;
using detail::file_use;
using detail::throw_file_error;

std::uint64_t value_or_throw(std::int64_t result, const char* what, const file_state& of) {
    if (result < 0) throw_file_error(what, of.path(), static_cast<int>(-result));
    return static_cast<std::uint64_t>(result);
}

/// The system refuses what is this far away.
std::int64_t as_offset(std::uint64_t bytes) noexcept {
    return static_cast<std::int64_t>(std::min<std::uint64_t>(bytes, INT64_MAX));
}

file_use::of what_is_used(std::int64_t offset) noexcept {
    return offset == detail::at_position ? file_use::of::position : file_use::of::anything;
}

/// A call without a result that waits for the disk.
task<> finish(file_state& with, file_request call, const char* what) {
    const file_use use(with);
    const std::int64_t result = co_await detail::perform(call);
    value_or_throw(result, what, with);
}

} // namespace

int file_options::flags() const noexcept {
    const bool reads = reads_ || !writes_;
    int flags = O_CLOEXEC | O_NOCTTY;
    flags |= reads && writes_ ? O_RDWR : writes_ ? O_WRONLY : O_RDONLY;
    if (appends_) flags |= O_APPEND;
    if (creates_) flags |= O_CREAT;
    if (exclusive_) flags |= O_EXCL;
    if (truncates_) flags |= O_TRUNC;
    return flags;
}

file::file() noexcept = default;
file::file(file&&) noexcept = default;
file& file::operator=(file&&) noexcept = default;
file::~file() = default;

file::file(std::unique_ptr<file_state> state) noexcept
    : state_(std::move(state)) {}

task<file> file::open(std::string path, file_options options) {
    // The system would open what stands before it.
    if (path.find('\0') != std::string::npos) throw_file_error("cannot open", path, EINVAL);
    file_request opening;
    opening.call = file_call::open;
    opening.path = path.c_str();
    opening.flags = options.flags();
    opening.permissions = options.permissions();
    const std::int64_t result = co_await detail::perform(opening);
    if (result < 0) throw_file_error("cannot open", path, static_cast<int>(-result));
    detail::unique_fd descriptor(static_cast<int>(result));
    co_return file(std::make_unique<file_state>(std::move(descriptor), std::move(path)));
}

file file::adopt(int descriptor, std::string name) {
    if (::fcntl(descriptor, F_GETFD) < 0) throw_file_error("cannot adopt", name, errno);
    return file(std::make_unique<file_state>(detail::unique_fd(descriptor), std::move(name)));
}

file_state& file::opened() const {
    if (!state_) throw usage_error("this file is not open");
    return *state_;
}

task<std::size_t> file::read_some(std::span<char> room) {
    return read_from(detail::at_position, room);
}

task<std::size_t> file::read_at(std::uint64_t offset, std::span<char> room) {
    return read_from(as_offset(offset), room);
}

/// The first read is enough at the position; elsewhere the room is filled.
task<std::size_t> file::read_from(std::int64_t offset, std::span<char> room) {
    file_state& self = opened();
    const file_use use(self, what_is_used(offset));
    file_request reading = self.request(file_call::read);
    reading.offset = offset;
    std::size_t filled = 0;
    while (filled < room.size()) {
        reading.bytes = room.data() + filled;
        reading.length = room.size() - filled;
        std::int64_t result = self.try_read(reading);
        if (result == -EAGAIN) result = co_await detail::perform(reading);
        filled += value_or_throw(result, "cannot read", self);
        if (result == 0 || offset == detail::at_position) break;
        reading.offset += result;
    }
    co_return filled;
}

task<> file::write(std::string_view bytes) {
    co_await write_from(detail::at_position, bytes, true);
}

task<std::size_t> file::write_some(std::string_view bytes) {
    return write_from(detail::at_position, bytes, false);
}

task<> file::write_at(std::uint64_t offset, std::string_view bytes) {
    co_await write_from(as_offset(offset), bytes, true);
}

task<std::size_t> file::write_from(std::int64_t offset, std::string_view bytes, bool all) {
    file_state& self = opened();
    if (offset != detail::at_position && self.appends())
        throw usage_error("write_at: the file '" + self.path() +
                          "' was opened to append, which Linux does "
                          "whatever the offset: open it with write()");
    const file_use use(self, what_is_used(offset));
    file_request writing = self.request(file_call::write);
    writing.offset = offset;
    std::size_t written = 0;
    while (written < bytes.size()) {
        writing.bytes = const_cast<char*>(bytes.data()) + written;
        writing.length = bytes.size() - written;
        std::int64_t result = self.try_write(writing);
        if (result == -EAGAIN) result = co_await detail::perform(writing);
        // A file system that takes nothing and says nothing would be asked for ever.
        if (result == 0) result = -EIO;
        written += value_or_throw(result, "cannot write to", self);
        if (!all) break;
        if (offset != detail::at_position) writing.offset += result;
    }
    co_return written;
}

void file::seek(std::uint64_t offset) {
    file_state& self = opened();
    const file_use use(self, file_use::of::position);
    const auto to = static_cast<off_t>(as_offset(offset));
    if (::lseek(self.descriptor(), to, SEEK_SET) < 0) throw_file_error("cannot seek in", self.path(), errno);
}

std::uint64_t file::position() const {
    const file_state& self = opened();
    const off_t at = ::lseek(self.descriptor(), 0, SEEK_CUR);
    if (at < 0) throw_file_error("cannot tell the position in", self.path(), errno);
    return static_cast<std::uint64_t>(at);
}

task<std::uint64_t> file::size() {
    file_state& self = opened();
    const file_use use(self);
    const file_request asking = self.request(file_call::size);
    std::int64_t result = self.try_quick(asking);
    if (result == -EAGAIN) result = co_await detail::perform(asking);
    co_return value_or_throw(result, "cannot tell the size of", self);
}

task<> file::truncate(std::uint64_t length) {
    file_state& self = opened();
    file_request call = self.request(file_call::truncate);
    call.length = static_cast<std::uint64_t>(as_offset(length));
    co_await finish(self, call, "cannot truncate");
}

task<> file::sync() {
    file_state& self = opened();
    co_await finish(self, self.request(file_call::sync), "cannot sync");
}

task<> file::sync_data() {
    file_state& self = opened();
    co_await finish(self, self.request(file_call::sync_data), "cannot sync");
}

task<> file::allocate(std::uint64_t length) {
    file_state& self = opened();
    file_request call = self.request(file_call::allocate);
    call.length = static_cast<std::uint64_t>(as_offset(length));
    if (length == 0) co_return;
    co_await finish(self, call, "cannot allocate room for");
}

task<> file::close() {
    if (!state_) co_return;
    file_state& self = *state_;
    const file_request closing = self.request(file_call::close);
    std::int64_t result = 0;
    {
        const file_use use(self, file_use::of::position);
        result = self.try_quick(closing);
        if (result == -EAGAIN) result = co_await detail::perform(closing);
    }
    self.forget_descriptor();
    const std::unique_ptr<file_state> closed = std::move(state_);
    value_or_throw(result, "cannot close", *closed);
}

int file::descriptor() const noexcept {
    return state_ ? state_->descriptor() : -1;
}

const std::string& file::path() const {
    return opened().path();
}

task<std::string> read_file(std::string path, std::size_t limit) {
    file from = co_await file::open(path);
    const std::uint64_t expected = co_await from.size();
    std::string content;
    // One more byte tells that it is the end; what has no size of its own (/proc) grows as it comes.
    constexpr std::size_t least = 4096;
    if (expected > limit) throw_file_error("cannot read", path, EFBIG);
    content.resize(std::max<std::size_t>(expected + 1, least));
    std::size_t length = 0;
    for (;;) {
        const std::span<char> room(content.data() + length, content.size() - length);
        const std::size_t count = co_await from.read_some(room);
        if (count == 0) break;
        length += count;
        if (length > limit) throw_file_error("cannot read", path, EFBIG);
        if (length == content.size()) content.resize(content.size() * 2);
    }
    content.resize(length);
    co_await from.close();
    co_return content;
}

task<> write_file(std::string path, std::string_view bytes) {
    file to = co_await file::open(std::move(path), file_options().write().create().truncate());
    co_await to.write(bytes);
    co_await to.close();
}

} // namespace tandem
