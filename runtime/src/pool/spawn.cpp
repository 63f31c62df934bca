#include "pool/spawn.hpp"

#include <cerrno>
#include <fcntl.h>
#include <random>
#include <sys/mman.h>
#include <sys/socket.h>
#include <system_error>

#include "io/spawn_parts.hpp"
#include "pool/arena.hpp"
#include "pool/worker_mark.hpp"

namespace tandem::detail {

namespace {

unique_fd make_page() {
    unique_fd page(memfd_create("tandem-worker", MFD_CLOEXEC));
    if (page.get() < 0) throw_errno(errno, "memfd_create");
    if (ftruncate(page.get(), sizeof(shared_page)) != 0) throw_errno(errno, "ftruncate");
    return lift(std::move(page), worker_descriptors);
}

} // namespace

page_mapping::page_mapping(int descriptor) {
    void* page = mmap(nullptr, sizeof(shared_page), PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
    if (page == MAP_FAILED) throw_errno(errno, "process_pool: mmap");
    page_ = static_cast<shared_page*>(page);
}

page_mapping::~page_mapping() {
    if (page_) munmap(page_, sizeof(shared_page));
}

namespace {

spawned_worker make_ends(bool captures_stdout, bool shares_arena) {
    spawned_worker ends;
    auto data = make_socket_pair(SOCK_STREAM, worker_descriptors);
    auto control = make_socket_pair(SOCK_SEQPACKET, worker_descriptors);
    auto error_output = make_pipe(pipe_use::child_writes, worker_descriptors);
    unique_fd page = make_page();
    ends.page = page_mapping(page.get());
    ends.page->output.begin_marks(std::random_device()());
    ends.data = std::move(data.ours);
    ends.control = std::move(control.ours);
    ends.error_output = std::move(error_output.ours);
    ends.theirs.push_back({std::move(error_output.theirs), STDERR_FILENO});
    ends.theirs.push_back({std::move(data.theirs), worker_data});
    ends.theirs.push_back({std::move(control.theirs), worker_control});
    const bool has_arena = shares_arena && arena::own().is_there();
    ends.page->arena_size = has_arena ? arena::own().size() : 0;
    const int arena_file = has_arena ? arena::own().descriptor() : page.get();
    ends.theirs.push_back(
        {unique_fd(fcntl(arena_file, F_DUPFD_CLOEXEC, worker_descriptors)), worker_arena_file});
    if (ends.theirs.back().descriptor.get() < 0) throw_errno(errno, "fcntl");
    ends.theirs.push_back({std::move(page), worker_page});
    if (captures_stdout) {
        auto output = make_pipe(pipe_use::child_writes, worker_descriptors);
        ends.output = std::move(output.ours);
        ends.theirs.push_back({std::move(output.theirs), STDOUT_FILENO});
    }
    return ends;
}

spawned_worker start_worker(marked_environment& environment, int setup, bool captures_stdout,
                            bool shares_arena) {
    spawned_worker ends = make_ends(captures_stdout, shares_arena);
    spawn_actions actions;
    actions.open_null(STDIN_FILENO, O_RDONLY);
    for (const handed_descriptor& each : ends.theirs)
        actions.give(each.descriptor.get(), each.number);
    actions.give(setup, worker_setup_file);
    actions.close_from(worker_descriptors);

    const spawn_attributes attributes(true);
    char* const arguments[] = {program_invocation_name, nullptr};
    // The link leads to the image that runs here, even when its file has been replaced.
    auto [pid, ended] = spawn_process("/proc/self/exe", actions, attributes, arguments, environment.get());
    ends.pid = pid;
    ends.ended = std::move(ended);
    ends.theirs.clear();
    return ends;
}

[[noreturn]] void throw_cannot_start(const std::system_error& error) {
    throw std::system_error(error.code(), "process_pool: cannot start a worker");
}

} // namespace

spawned_worker make_worker_ends(bool captures_stdout, bool shares_arena) {
    try {
        return make_ends(captures_stdout, shares_arena);
    } catch (const std::system_error& error) {
        throw_cannot_start(error);
    }
}

spawned_worker spawn_worker(marked_environment& environment, int setup, bool captures_stdout,
                            bool shares_arena) {
    try {
        return start_worker(environment, setup, captures_stdout, shares_arena);
    } catch (const std::system_error& error) {
        throw_cannot_start(error);
    }
}

} // namespace tandem::detail
