#include "io/file_request.hpp"

#include <algorithm>
#include <cerrno>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

namespace tandem::detail {

namespace {

std::int64_t or_error(std::int64_t result) noexcept {
    return result < 0 ? -errno : result;
}

iovec bytes_of(const file_request& request) noexcept {
    return {request.bytes, static_cast<std::size_t>(std::min(request.length, longest_transfer))};
}

std::int64_t read(const file_request& request, int flags) noexcept {
    const iovec bytes = bytes_of(request);
    return or_error(::preadv2(request.descriptor, &bytes, 1, request.offset, flags));
}

std::int64_t write(const file_request& request) noexcept {
    const iovec bytes = bytes_of(request);
    return or_error(::pwritev2(request.descriptor, &bytes, 1, request.offset, 0));
}

std::int64_t size_of(int descriptor) noexcept {
    struct stat status;
    if (::fstat(descriptor, &status) != 0) return -errno;
    return status.st_size;
}

std::int64_t close(int descriptor) noexcept {
    // Linux has closed the descriptor also where it says EINTR.
    return ::close(descriptor) == 0 || errno == EINTR ? 0 : -errno;
}

} // namespace

std::int64_t make_call(const file_request& request) noexcept {
    const int descriptor = request.descriptor;
    const auto length = static_cast<off_t>(request.length);
    switch (request.call) {
    case file_call::open:
        return or_error(::open(request.path, request.flags, request.permissions));
    case file_call::read:
        return read(request, 0);
    case file_call::write:
        return write(request);
    case file_call::sync:
        return or_error(::fsync(descriptor));
    case file_call::sync_data:
        return or_error(::fdatasync(descriptor));
    case file_call::allocate:
        return or_error(::fallocate(descriptor, FALLOC_FL_KEEP_SIZE, 0, length));
    case file_call::truncate:
        return or_error(::ftruncate(descriptor, length));
    case file_call::size:
        return size_of(descriptor);
    case file_call::close:
        return close(descriptor);
    }
    return -EINVAL;
}

std::int64_t read_without_waiting(const file_request& request) noexcept {
    return read(request, RWF_NOWAIT);
}

} // namespace tandem::detail
