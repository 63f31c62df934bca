// The process in which jobs run: one after the other, on its main thread.
#include <tandem/pool/worker.hpp>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <system_error>
#include <unistd.h>

#include "pool/apply_limits.hpp"
#include "pool/call.hpp"
#include "pool/frame.hpp"
#include "pool/seccomp.hpp"
#include "pool/shared_page.hpp"
#include "pool/worker_control.hpp"
#include "pool/worker_log.hpp"
#include "pool/worker_mark.hpp"
#include "pool/worker_setup.hpp"
#include <tandem/base/clock.hpp>

namespace tandem {

namespace detail {

namespace {

[[noreturn]] void fail(const char* what) {
    std::fprintf(stderr, "tandem: worker: %s\n", what);
    std::_Exit(71); // EX_OSERR
}

/// What a job starts must not keep the pool's sockets open.
void close_on_exec(int descriptor) {
    if (fcntl(descriptor, F_SETFD, FD_CLOEXEC) != 0) fail("started without its sockets");
}

class worker {
  public:
    worker() {
        for (int descriptor = worker_data; descriptor < worker_setup_file; ++descriptor)
            close_on_exec(descriptor);
        void* page = mmap(nullptr, sizeof(shared_page), PROT_READ | PROT_WRITE, MAP_SHARED, worker_page, 0);
        if (page == MAP_FAILED) fail("started without its page");
        page_ = static_cast<shared_page*>(page);
    }

    /// Becomes what the pool's options say, or tells the pool why it cannot and exits.
    void prepare(const worker_mark& mark) {
        const int parent = watch_parent(mark.parent);
        const worker_setup setup(worker_setup_file);
        attempt(setup_step::limits, [&] {
            apply_limits(setup.limits(), mark.place);
            try {
                start_control_thread(parent, current_);
            } catch (const std::system_error& error) {
                // Most likely for want of memory.
                throw std::system_error(error.code(), "address_space: a thread cannot be started");
            }
        });
        if (setup.has_initializer()) {
            encoder notice(sizeof(frame_header));
            send(notice, frame_type::setting_up, frame_header());
            attempt(setup_step::initializer, [&] { setup.initialize(); });
        }
        if (setup.limits().compute_only) attempt(setup_step::filter, &leave_compute_only);
    }

    /// Serves the pool until it closes its end of the data socket.
    void serve() {
        encoder hello(sizeof(frame_header));
        send(hello, frame_type::hello, frame_header());
        frame call;
        while (receive(call))
            answer(call);
    }

  private:
    template <class F> void attempt(setup_step step, F act) {
        try {
            act();
        } catch (...) {
            encoder reason(sizeof(frame_header));
            tandem::encode(reason, step);
            tandem::encode(reason, std::current_exception());
            send(reason, frame_type::unfit, frame_header());
            std::fflush(stdout);
            std::_Exit(1);
        }
    }

    bool receive(frame& out) {
        while (!reader_.next(out)) {
            const auto space = reader_.space();
            const ssize_t got = recv(worker_data, space.data, space.size, 0);
            if (got == 0) return false;
            if (got > 0) reader_.filled(static_cast<std::size_t>(got));
            if (got < 0 && errno != EINTR) return false;
        }
        return true;
    }

    void answer(const frame& call) {
        encoder reply(sizeof(frame_header));
        if (call.header.type != frame_type::call || call.header.slot >= shared_page::slots)
            throw codec_error("tandem: not a call");
        if (!page_->jobs[call.header.slot].take(call.header.job)) {
            send(reply, frame_type::skipped, call.header);
            return;
        }
        frame_header header = call.header;
        const time_point begun = clock::now();
        const frame_type outcome = run(call, reply);
        header.ran = std::chrono::duration_cast<std::chrono::nanoseconds>(clock::now() - begun).count();
        // Jobs that print would otherwise be heard only when the worker exits, or never if it is killed.
        std::fflush(stdout);
        send(reply, outcome, header);
    }

    frame_type run(const frame& call, encoder& reply) {
        frame_type outcome = frame_type::value;
        const encoder::mark start = reply.here();
        set_logged_job(call.header.job);
        try {
            decoder in(call.payload, static_cast<std::size_t>(call.header.length));
            run_call(in, reply, current_.begin(call.header.job));
            if (reply.size() - sizeof(frame_header) > payload_limit)
                throw codec_error("tandem: the result of a job is larger than 2 GiB");
        } catch (...) {
            reply.go_back(start);
            tandem::encode(reply, std::current_exception());
            outcome = frame_type::error;
        }
        current_.end();
        set_logged_job(0);
        return outcome;
    }

    void send(encoder& message, frame_type type, frame_header header) {
        header.type = type;
        header.length = message.size() - sizeof header;
        std::memcpy(message.data(), &header, sizeof header);
        for (std::size_t sent = 0; sent < message.size();) {
            const ssize_t done =
                ::send(worker_data, message.data() + sent, message.size() - sent, MSG_NOSIGNAL);
            if (done >= 0)
                sent += static_cast<std::size_t>(done);
            else if (errno != EINTR)
                std::_Exit(0); // the pool has gone; its control socket tells the same
        }
    }

    shared_page* page_ = nullptr;
    frame_reader reader_;
    current_job current_;
};

[[noreturn]] void work(const worker_mark& mark) {
    if (mark.version != protocol_version) fail("started by another version of the library");
    prctl(PR_SET_NAME, "tandem-worker");
    send_log_to_pool();
    // Never destroyed: the control thread uses it until the process is gone.
    static auto& self = *new worker;
    try {
        self.prepare(mark);
        self.serve();
    } catch (const std::exception& error) {
        fail(error.what());
    }
    std::exit(0);
}

} // namespace

} // namespace detail

void worker_entry(int, char**) {
    const auto mark = detail::find_worker_mark();
    if (!mark) return;
    unsetenv(detail::worker_mark_name);
    detail::work(*mark);
}

} // namespace tandem
