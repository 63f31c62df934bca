#include "pool/apply_limits.hpp"

#include <cerrno>
#include <charconv>
#include <fcntl.h>
#include <memory>
#include <sched.h>
#include <string>
#include <sys/resource.h>
#include <system_error>
#include <unistd.h>

#include "io/unique_fd.hpp"

namespace tandem::detail {

namespace {

[[noreturn]] void fail(const std::string& limit) {
    throw std::system_error(errno, std::generic_category(), limit);
}

/// `hard` is what the process may not raise it above again.
void limit_resource(__rlimit_resource which, std::uint64_t soft, std::uint64_t hard,
                    const std::string& name) {
    rlimit now;
    if (getrlimit(which, &now) != 0) fail(name);
    // What the whole of this process may have is less already, then.
    const rlimit wanted{std::min<rlim_t>(soft, now.rlim_max), std::min<rlim_t>(hard, now.rlim_max)};
    if (setrlimit(which, &wanted) != 0) fail(name + " of " + std::to_string(soft));
}

void set_oom_score_adj(int score) {
    const std::string name = "oom_score_adj of " + std::to_string(score);
    const unique_fd file(open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC));
    const std::string text = std::to_string(score);
    if (file.get() < 0 || write(file.get(), text.data(), text.size()) < 0) fail(name);
}

/// Cores by number; a cpu_set_t has room for 1024 only.
class core_set {
  public:
    core_set()
        : bytes_(CPU_ALLOC_SIZE(most))
        , set_(CPU_ALLOC(most), [](cpu_set_t* set) { CPU_FREE(set); }) {
        CPU_ZERO_S(bytes_, set_.get());
    }
    void add(unsigned core) {
        if (core >= most) {
            errno = EINVAL;
            fail("cores: " + std::to_string(core));
        }
        CPU_SET_S(core, bytes_, set_.get());
    }
    bool has(unsigned core) const { return CPU_ISSET_S(core, bytes_, set_.get()); }
    void read(const std::string& limit) {
        if (sched_getaffinity(0, bytes_, set_.get()) != 0) fail(limit);
    }
    void use(const std::string& limit) const {
        if (sched_setaffinity(0, bytes_, set_.get()) != 0) fail(limit);
    }

    static constexpr unsigned most = 8192;

  private:
    std::size_t bytes_;
    std::unique_ptr<cpu_set_t, void (*)(cpu_set_t*)> set_;
};

void use_cores(const std::vector<unsigned>& cores) {
    core_set allowed;
    allowed.read("cores");
    core_set wanted;
    std::string limit = "cores";
    for (const unsigned core : cores) {
        limit += ' ' + std::to_string(core);
        wanted.add(core);
        // The system would quietly leave out the ones that are not there.
        if (!allowed.has(core)) {
            errno = EINVAL;
            fail("cores: " + std::to_string(core) + " is not one that this process may use");
        }
    }
    wanted.use(limit);
}

void use_one_core(unsigned place) {
    core_set allowed;
    allowed.read("one_core_each");
    std::vector<unsigned> cores;
    for (unsigned core = 0; core < core_set::most; ++core)
        if (allowed.has(core)) cores.push_back(core);
    core_set one;
    one.add(cores[place % cores.size()]);
    one.use("one_core_each");
}

} // namespace

void apply_limits(const limit_values& limits, unsigned place) {
    if (!limits.working_directory.empty() && chdir(limits.working_directory.c_str()) != 0)
        fail("working_directory " + limits.working_directory);
    errno = 0;
    if (limits.nice != 0 && nice(limits.nice) == -1 && errno != 0)
        fail("nice of " + std::to_string(limits.nice));
    if (limits.oom_score_adj) set_oom_score_adj(*limits.oom_score_adj);
    if (limits.one_core_each) use_one_core(place);
    if (!limits.cores.empty()) use_cores(limits.cores);
    if (limits.file_size) limit_resource(RLIMIT_FSIZE, *limits.file_size, *limits.file_size, "file_size");
    // SIGXCPU at the first, SIGKILL at the second.
    if (limits.cpu_seconds)
        limit_resource(RLIMIT_CPU, *limits.cpu_seconds, *limits.cpu_seconds + 1, "cpu_time");
    if (limits.address_space)
        limit_resource(RLIMIT_AS, *limits.address_space, *limits.address_space, "address_space");
}

} // namespace tandem::detail
