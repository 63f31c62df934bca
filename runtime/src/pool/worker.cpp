// The process in which jobs run: one after the other, on its main thread.
#include <tandem/pool/worker.hpp>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <optional>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <system_error>
#include <thread>
#include <unistd.h>

#include "pool/apply_limits.hpp"
#include "pool/call.hpp"
#include "pool/frame.hpp"
#include "pool/output_marks.hpp"
#include "pool/seccomp.hpp"
#include "pool/shared_page.hpp"
#include "pool/worker_arena.hpp"
#include "pool/worker_control.hpp"
#include "pool/worker_log.hpp"
#include "pool/worker_main.hpp"
#include "pool/worker_mark.hpp"
#include "pool/worker_setup.hpp"
#include "pool/zygote.hpp"
#include <tandem/base/clock.hpp>

namespace tandem {

namespace detail {

namespace {

[[noreturn]] void fail(const char* what) {
    std::fprintf(stderr, "tandem: worker: %s\n", what);
    std::_Exit(71); // EX_OSERR
}

/// For this thread, not for what a job starts. Where the pool shares its processor, a worker that is woken
/// would else take that at once, and sleep again after each of many short jobs that come together. As it is
/// it waits until the pool waits, or has had its slice; another processor that is free takes it right away.
void wake_without_preempting() noexcept {
    const sched_param none{};
    // Where it is refused jobs run all the same.
    static_cast<void>(sched_setscheduler(0, SCHED_BATCH | SCHED_RESET_ON_FORK, &none));
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
        calls_ = ring_reader(page_->calls);
        answers_ = ring_writer(page_->answers);
        arena_.emplace(*page_, worker_arena_file,
                       [this](frame_type type, std::uint64_t at) { tell(type, at); });
    }

    /// Becomes what the pool's options say, or tells the pool why it cannot and exits.
    void prepare(const worker_setup& setup, unsigned place, int parent) {
        output_.emplace(page_->output, setup.captures_stdout());
        attempt(setup_step::limits, [&] {
            apply_limits(setup.limits(), place);
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
            attempt(setup_step::initializer, [&] {
                setup_memory memory(*arena_);
                const payload_scope shared(&memory);
                setup.initialize();
            });
        }
        output_->setup_ends(); // what has been printed so far belongs to no job
        wake_without_preempting();
        if (setup.limits().compute_only) attempt(setup_step::filter, &leave_compute_only);
    }

    /// Serves the pool until it closes its end of the data socket.
    void serve() {
        encoder hello(sizeof(frame_header));
        send(hello, frame_type::hello, frame_header());
        frame call;
        while (next_call(call))
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
            output_->setup_ends();
            std::_Exit(1);
        }
    }

    /// Waits for a call. Returns false if the pool wants the worker to exit.
    bool next_call(frame& out) {
        while (!calls_.next(out)) {
            if (arena_->return_unused() || owes_bell_) tell_pool();
            if (page_->leaving.load() != 0) return false;
            if (spin()) continue;
            if (calls_.may_sleep()) futex_sleep(calls_.asleep());
        }
        return true;
    }

    /// Returns true if a call came meanwhile.
    bool spin() {
        const std::chrono::nanoseconds limit(page_->spin.load(std::memory_order_relaxed));
        if (limit <= limit.zero() || !spins_.is_worth_it()) return false;
        const bool found = spin_until([&] { return !calls_.is_empty() || page_->leaving.load() != 0; },
                                      clock::now() + limit);
        spins_.note(found);
        return found;
    }

    /// The payload of `call` where it comes by the socket.
    void receive_payload(frame& call) {
        frame whole;
        while (!reader_.next(whole)) {
            const auto space = reader_.space();
            const ssize_t got = recv(worker_data, space.data, space.size, 0);
            if (got > 0)
                reader_.filled(static_cast<std::size_t>(got));
            else if (got == 0 || errno != EINTR)
                std::_Exit(0); // the pool has gone; its control socket tells the same
        }
        if (whole.header.job != call.header.job || whole.header.length != call.header.length)
            throw codec_error("tandem: the arguments of another job");
        call.payload = whole.payload;
    }

    void answer(frame& call) {
        if (call.header.type != frame_type::call || call.header.slot >= shared_page::slots)
            throw codec_error("tandem: not a call");
        if (call.header.place == payload_place::socket) receive_payload(call);
        if (call.header.place == payload_place::arena)
            call.payload = arena_->at(call.header.at, static_cast<std::size_t>(call.header.length));
        encoder reply(sizeof(frame_header));
        job_slot& slot = page_->jobs[call.header.slot];
        if (!slot.take(call.header.job)) {
            publish(reply, frame_type::skipped, call.header);
            // Nobody waits for that: the pool is told with the next answer, or when there is nothing to do.
            owes_bell_ = true;
            return;
        }
        output_->job_begins(call.header.job);
        frame_header header = call.header;
        const time_point begun = clock::now();
        const frame_type outcome = run(call, reply);
        output_marks::flush();
        const std::chrono::nanoseconds ran = clock::now() - begun;
        header.ran = ran.count();
        output_->job_ends(call.header.job, ran);
        arena_->job_ends();
        for (const region_pointer& each : reply.attached())
            tell(frame_type::gives, each->place());
        publish(reply, outcome, header);
        slot.finish(header.job);
    }

    frame_type run(const frame& call, encoder& reply) {
        frame_type outcome = frame_type::value;
        const encoder::mark start = reply.here();
        set_logged_job(call.header.job);
        try {
            const payload_scope shared(&*arena_);
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

    /// Puts an answer where the pool finds it even if this process dies now, and tells the pool if it sleeps.
    void publish(encoder& message, frame_type type, frame_header header) {
        header.type = type;
        header.length = message.size() - sizeof header;
        header.place = payload_place::ring;
        const bool is_short = header.length <= ring_writer::longest;
        if (!is_short || !answers_.write(header, message.data() + sizeof header)) {
            const bool is_shared = message.region() != nullptr;
            header.place = is_shared ? payload_place::arena : payload_place::socket;
            if (is_shared) header.at = message.region()->place() + sizeof header;
            write_alone(header);
        }
        if (type != frame_type::skipped) tell_pool();
        if (header.place == payload_place::socket) send(message, type, header);
    }

    /// Something other than an answer, in order with the answers.
    void tell(frame_type type, std::uint64_t at) {
        frame_header header;
        header.type = type;
        header.at = at;
        write_alone(header);
        if (type == frame_type::want)
            tell_pool();
        else
            owes_bell_ = true;
    }
    void write_alone(const frame_header& header) noexcept {
        frame_header alone = header;
        // Answers always fit. An answer that refers to very many shared_buffers may have to wait here.
        while (!answers_.write(alone, nullptr)) {
            tell_pool();
            std::this_thread::sleep_for(std::chrono::microseconds(50));
        }
    }

    /// Wakes the pool's loop if it waits for answers.
    void tell_pool() noexcept {
        owes_bell_ = false;
        if (!answers_.must_wake()) return;
        const char bell = 0;
        // There is room: the pool asks for one at a time. If the pool has gone the control thread knows.
        static_cast<void>(::send(worker_control, &bell, sizeof bell, MSG_NOSIGNAL | MSG_DONTWAIT));
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
    ring_reader calls_;
    ring_writer answers_;
    spin_experience spins_;
    std::optional<worker_arena> arena_;
    /// The pool has been answered something without being woken.
    bool owes_bell_ = false;
    frame_reader reader_;
    current_job current_;
    std::optional<output_marks> output_;
};

} // namespace

void be_worker(std::unique_ptr<worker_setup> setup, unsigned place, int parent) {
    prctl(PR_SET_NAME, "tandem-worker");
    send_log_to_pool();
    // Never destroyed: the control thread uses it until the process is gone.
    static auto& self = *new worker;
    try {
        self.prepare(*setup, place, parent);
        setup.reset();
        self.serve();
    } catch (const std::exception& error) {
        fail(error.what());
    }
    std::exit(0);
}

namespace {

[[noreturn]] void work(const worker_mark& mark) {
    if (mark.version != protocol_version) fail("started by another version of the library");
    try {
        if (mark.is_zygote) be_zygote(mark);
        const int parent = watch_parent(mark.parent);
        be_worker(std::make_unique<worker_setup>(worker_setup_file), mark.place, parent);
    } catch (const std::exception& error) {
        fail(error.what());
    }
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
