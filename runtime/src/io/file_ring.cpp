#include "io/file_ring.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <array>
#include <cassert>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <fcntl.h>
#include <sys/eventfd.h>

#include "io/unique_fd.hpp"

namespace tandem::detail {

namespace {

constexpr unsigned submission_entries = 256;
constexpr unsigned completion_entries = 1024;

std::string refused(const char* call, int error) {
    return std::string(call) + ": " + std::strerror(error);
}

/// EINTR as the kernel calls it inside, up to ERESTART_RESTARTBLOCK: of an open it comes out like that.
bool is_interruption(int result) noexcept {
    constexpr int restart_first = 512;
    constexpr int restart_last = 516;
    return -result >= restart_first && -result <= restart_last;
}

} // namespace

std::int64_t ring_operation::await_resume() const {
    throw_if_cancelled();
    const bool was_interrupted = result_ == -ECANCELED || result_ == -EINTR;
    if (is_stopped_ && was_interrupted) waiting_task().scope().throw_cancelled();
    return result_;
}

void ring_operation::enqueue() {
    in_flight_.begin(waiting_task().scheduler());
    ring_.push(*this);
}

bool ring_operation::withdraw() noexcept {
    is_stopped_ = true;
    return ring_.remove(*this);
}

void ring_operation::prepare(io_uring_sqe& entry) const noexcept {
    const file_request& call = request_;
    const auto length = static_cast<unsigned>(std::min(call.length, longest_transfer));
    const auto offset = static_cast<std::uint64_t>(call.offset);
    switch (call.call) {
    case file_call::open:
        io_uring_prep_openat(&entry, AT_FDCWD, call.path, call.flags, call.permissions);
        break;
    case file_call::read:
        io_uring_prep_read(&entry, call.descriptor, call.bytes, length, offset);
        break;
    case file_call::write:
        io_uring_prep_write(&entry, call.descriptor, call.bytes, length, offset);
        break;
    case file_call::sync:
        io_uring_prep_fsync(&entry, call.descriptor, 0);
        break;
    case file_call::sync_data:
        io_uring_prep_fsync(&entry, call.descriptor, IORING_FSYNC_DATASYNC);
        break;
    case file_call::allocate:
        io_uring_prep_fallocate(&entry, call.descriptor, FALLOC_FL_KEEP_SIZE, 0,
                                static_cast<off_t>(call.length));
        break;
    case file_call::close:
        io_uring_prep_close(&entry, call.descriptor);
        break;
    case file_call::truncate:
    case file_call::size:
        assert(!"not for the ring");
        break;
    }
    // The kernel's attempt at an open without waiting takes a FIFO for open that has nobody at its other end.
    if (call.call == file_call::open) entry.flags |= IOSQE_ASYNC;
    io_uring_sqe_set_data(&entry, const_cast<ring_operation*>(this));
}

void ring_operation::complete(int result) noexcept {
    result_ = is_interruption(result) ? -EINTR : result;
    // Linux has closed the descriptor also where it says EINTR.
    if (request_.call == file_call::close && result_ == -EINTR) result_ = 0;
    in_flight_.end();
    commit();
}

std::unique_ptr<file_ring> file_ring::make(boost::asio::io_context& io, std::string& why) {
    std::unique_ptr<file_ring> ring(new file_ring(io));
    if (!ring->set_up(why)) return nullptr;
    return ring;
}

file_ring::file_ring(boost::asio::io_context& io)
    : io_(io)
    , bell_(io) {}

file_ring::~file_ring() {
    // The loop has waited for everybody who waits for the ring. What has been asked to stop may have ended
    // before the request to stop it did: nobody waits for that, and it refers to no memory.
    assert(waiting_.empty() && in_flight_ == stops_in_flight_);
    if (has_ring_) io_uring_queue_exit(&ring_);
}

bool file_ring::set_up(std::string& why) {
    io_uring_params parameters{};
    parameters.flags = IORING_SETUP_CQSIZE;
    parameters.cq_entries = completion_entries;
    int error = io_uring_queue_init_params(submission_entries, &ring_, &parameters);
    if (error != 0) {
        why = refused("io_uring_setup", -error);
        return false;
    }
    has_ring_ = true;
    // Each may be asked to stop, which completes as well.
    limit_ = parameters.cq_entries / 2;
    constexpr unsigned needed = IORING_FEAT_NODROP | IORING_FEAT_RW_CUR_POS;
    if ((parameters.features & needed) != needed || !knows_all_calls()) {
        why = "this kernel's io_uring lacks what files need";
        return false;
    }
    error = try_out();
    if (error != 0) {
        why = refused("io_uring_enter", -error);
        return false;
    }
    unique_fd bell(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    error = bell.get() < 0 ? -errno : io_uring_register_eventfd(&ring_, bell.get());
    if (error != 0) {
        why = refused("eventfd", -error);
        return false;
    }
    boost::system::error_code failure;
    bell_.assign(bell.get(), failure);
    if (failure) {
        why = "epoll: " + failure.message();
        return false;
    }
    bell.release();
    return true;
}

bool file_ring::knows_all_calls() {
    io_uring_probe* probe = io_uring_get_probe_ring(&ring_);
    if (!probe) return false;
    constexpr std::array needed = {IORING_OP_OPENAT,      IORING_OP_READ,      IORING_OP_WRITE,
                                   IORING_OP_FSYNC,       IORING_OP_FALLOCATE, IORING_OP_CLOSE,
                                   IORING_OP_ASYNC_CANCEL};
    const bool all = std::all_of(needed.begin(), needed.end(),
                                 [&](int call) { return io_uring_opcode_supported(probe, call); });
    io_uring_free_probe(probe);
    return all;
}

/// A filter of system calls may let a ring be made, and no more.
int file_ring::try_out() {
    io_uring_prep_nop(io_uring_get_sqe(&ring_));
    const int submitted = io_uring_submit_and_wait(&ring_, 1);
    if (submitted < 0) return submitted;
    io_uring_cqe* done = nullptr;
    const int error = io_uring_peek_cqe(&ring_, &done);
    if (error != 0) return error;
    const int result = done->res;
    io_uring_cqe_seen(&ring_, done);
    return result;
}

void file_ring::push(ring_operation& operation) {
    waiting_.push_back(operation);
    submit_soon();
}

bool file_ring::remove(ring_operation& operation) noexcept {
    auto& place = static_cast<list_hook<ring_queue_tag>&>(operation);
    if (place.is_linked()) {
        place.unlink();
        return true;
    }
    io_uring_sqe* entry = io_uring_get_sqe(&ring_);
    if (!entry) {
        submit();
        entry = io_uring_get_sqe(&ring_);
    }
    // Without room even now it is waited for as if it could not be stopped.
    if (!entry) return false;
    io_uring_prep_cancel(entry, &operation, 0);
    io_uring_sqe_set_data(entry, nullptr);
    ++in_flight_;
    ++stops_in_flight_;
    submit_soon();
    return false;
}

void file_ring::submit_soon() {
    if (is_flush_due_) return;
    is_flush_due_ = true;
    boost::asio::post(io_, [this] {
        is_flush_due_ = false;
        flush();
    });
}

/// Submits what there is room for, and takes in what that completed at once.
void file_ring::flush() {
    // Nobody has to wake the loop for what is looked at below.
    io_uring_cq_eventfd_toggle(&ring_, false);
    while (!waiting_.empty() && in_flight_ < limit_) {
        io_uring_sqe* entry = io_uring_get_sqe(&ring_);
        if (!entry) {
            submit();
            entry = io_uring_get_sqe(&ring_);
        }
        if (!entry) break;
        waiting_.pop_front().prepare(*entry);
        ++in_flight_;
    }
    submit();
    io_uring_cq_eventfd_toggle(&ring_, true);
    reap();
    listen();
}

void file_ring::submit() {
    while (io_uring_sq_ready(&ring_) > 0) {
        const int submitted = io_uring_submit(&ring_);
        if (submitted >= 0) continue;
        if (submitted == -EINTR) continue;
        if (submitted == -EAGAIN || submitted == -EBUSY) {
            // The kernel is short of memory for the moment.
            submit_soon();
            return;
        }
        // Somebody closed the ring's descriptor: what is under way may write to memory that nobody may free.
        std::fprintf(stderr, "tandem: io_uring_submit: %s\n", std::strerror(-submitted));
        std::abort();
    }
}

void file_ring::reap() {
    io_uring_cqe* done = nullptr;
    while (io_uring_peek_cqe(&ring_, &done) == 0) {
        auto* operation = static_cast<ring_operation*>(io_uring_cqe_get_data(done));
        const int result = done->res;
        io_uring_cqe_seen(&ring_, done);
        --in_flight_;
        if (operation)
            operation->complete(result);
        else
            --stops_in_flight_;
    }
    if (!waiting_.empty() && in_flight_ < limit_) submit_soon();
}

void file_ring::listen() {
    if (is_listening_ || in_flight_ == 0) return;
    is_listening_ = true;
    bell_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                     [this](const boost::system::error_code& error) {
                         is_listening_ = false;
                         if (error) return;
                         eventfd_t rings;
                         (void)::eventfd_read(bell_.native_handle(), &rings);
                         reap();
                         listen();
                     });
}

} // namespace tandem::detail
