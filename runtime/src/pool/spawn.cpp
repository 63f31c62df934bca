#include "pool/spawn.hpp"

#include <cerrno>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <system_error>

#include "io/spawn_parts.hpp"
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

spawned_worker start_worker(marked_environment& environment, int setup) {
    auto data = make_socket_pair(SOCK_STREAM, worker_descriptors);
    auto control = make_socket_pair(SOCK_SEQPACKET, worker_descriptors);
    auto error_output = make_pipe(pipe_use::child_writes, worker_descriptors);
    const unique_fd page = make_page();

    spawn_actions actions;
    actions.open_null(STDIN_FILENO, O_RDONLY);
    actions.give(error_output.theirs.get(), STDERR_FILENO);
    actions.give(data.theirs.get(), worker_data);
    actions.give(control.theirs.get(), worker_control);
    actions.give(page.get(), worker_page);
    actions.give(setup, worker_setup_file);
    actions.close_from(worker_descriptors);

    spawned_worker worker;
    worker.page = page_mapping(page.get());
    const spawn_attributes attributes(true);
    char* const arguments[] = {program_invocation_name, nullptr};
    // The link leads to the image that runs here, even when its file has been replaced.
    auto [pid, ended] = spawn_process("/proc/self/exe", actions, attributes, arguments, environment.get());
    worker.pid = pid;
    worker.ended = std::move(ended);
    worker.data = std::move(data.ours);
    worker.control = std::move(control.ours);
    worker.error_output = std::move(error_output.ours);
    return worker;
}

} // namespace

spawned_worker spawn_worker(marked_environment& environment, int setup) {
    try {
        return start_worker(environment, setup);
    } catch (const std::system_error& error) {
        throw std::system_error(error.code(), "process_pool: cannot start a worker");
    }
}

} // namespace tandem::detail
