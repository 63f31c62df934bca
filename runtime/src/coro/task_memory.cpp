#include "coro/task_memory.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <sys/uio.h>
#include <unistd.h>

namespace tandem::detail {

bool task_memory::copy(const void* from, void* to, std::size_t bytes) const noexcept {
    if (how_ == memory_access::own) {
        std::memcpy(to, from, bytes);
        return true;
    }
    const iovec local{to, bytes};
    const iovec remote{const_cast<void*>(from), bytes};
    return ::process_vm_readv(::getpid(), &local, 1, &remote, 1, 0) == static_cast<ssize_t>(bytes);
}

std::string task_memory::text(const char* from, std::size_t limit) const {
    if (!from) return {};
    if (how_ == memory_access::own) return std::string(from, ::strnlen(from, limit));
    constexpr std::size_t piece = 64; // divides a page: no read runs into a page that is not there
    std::string all;
    char bytes[piece];
    while (all.size() < limit) {
        const std::size_t left = piece - reinterpret_cast<std::uintptr_t>(from) % piece;
        const std::size_t wanted = std::min(left, limit - all.size());
        if (!copy(from, bytes, wanted)) break;
        const std::size_t length = ::strnlen(bytes, wanted);
        all.append(bytes, length);
        if (length < wanted) break;
        from += wanted;
    }
    return all;
}

} // namespace tandem::detail
