// What a pool and its zygote say to each other.
#pragma once
#include <cstddef>
#include <cstdint>

namespace tandem::detail {

/// The pool's word, one a packet on the control socket; a worker's descriptors come along with it.
struct zygote_request {
    enum class kind : std::uint32_t { fork, reap };
    static constexpr std::size_t most_descriptors = 16;

    kind what = kind::fork;
    /// fork: which place the worker has, and what its descriptors become, in their order.
    std::uint32_t place = 0;
    std::uint32_t descriptors = 0;
    std::int32_t numbers[most_descriptors] = {};
    /// reap: which worker; it has ended.
    std::int32_t pid = 0;
};

/// The zygote's answers, in frames of the types `forked` and `reaped`.
struct fork_answer {
    /// 0 where there is none, and `error` says why.
    std::int32_t pid = 0;
    std::int32_t error = 0;
};
struct reap_answer {
    std::int32_t pid = 0;
    /// As wait4 gives it.
    std::int32_t status = 0;
    /// Microseconds, and bytes.
    std::int64_t user_time = 0;
    std::int64_t system_time = 0;
    std::int64_t peak_memory = 0;
};

} // namespace tandem::detail
