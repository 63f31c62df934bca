#include "pool/process_memory.hpp"

#include <cstdio>
#include <fcntl.h>
#include <string>
#include <unistd.h>

namespace tandem::detail {

process_memory::process_memory(int pid)
    : file_(open(("/proc/" + std::to_string(pid) + "/statm").c_str(), O_RDONLY | O_CLOEXEC)) {}

std::optional<std::uint64_t> process_memory::own() const noexcept {
    char text[128];
    const ssize_t size = pread(file_.get(), text, sizeof text - 1, 0);
    if (size <= 0) return std::nullopt;
    text[size] = '\0';
    // In pages: all its addresses, what is resident, and what of that is shared.
    unsigned long long resident = 0;
    unsigned long long shared = 0;
    if (std::sscanf(text, "%*u %llu %llu", &resident, &shared) != 2) return std::nullopt;
    if (resident <= shared) return 0;
    return (resident - shared) * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

} // namespace tandem::detail
