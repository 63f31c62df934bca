// The pool's side of one worker process.
#pragma once
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "pool/frame_ring.hpp"
#include "pool/output_pipe.hpp"
#include "pool/process_maker.hpp"
#include "pool/spawn.hpp"
#include <tandem/pool/errors.hpp>

namespace tandem::detail {

class worker_link;

/// Who is told what a worker does.
class worker_owner {
  public:
    /// A frame came. The payload is the owner's to keep.
    virtual void worker_sent(worker_link& from, const frame_header& header, byte_buffer payload) = 0;
    /// The process has ended and been reaped; the link is of no more use.
    virtual void worker_ended(worker_link& which, worker_exit how) = 0;
    /// No process could be made: for the reason that is given, or, without one, because its zygote died. The
    /// link is of no more use.
    virtual void worker_not_started(worker_link& which, const std::string& why) = 0;
    /// The time given to `worker_link::allow` has passed.
    virtual void worker_late(worker_link& which) = 0;

  protected:
    ~worker_owner() = default;
};

/// Moves frames to and from a worker, listens to what it prints and waits for its end, all on the loop and
/// without ever blocking it. Its handlers keep it alive; after `abandon` they do nothing.
class worker_link : public std::enable_shared_from_this<worker_link> {
  public:
    worker_link(boost::asio::io_context& io, worker_owner& owner, spawned_worker worker);

    /// Begins to listen, when there is a process.
    void start();

    /// By the maker of its process: there it is, and there it will never be.
    void has_process(int pid, unique_fd ended);
    void has_no_process(const std::string& why);
    /// By the maker again: it has been reaped; empty where nobody knows how it ended.
    void reaped(const std::optional<reap_answer>& how);

    int pid() const noexcept { return pid_; }
    /// False before there is a process, and once it has been reaped: then only what it had sent before is
    /// still passed on.
    bool is_alive() const noexcept { return pid_ > 0; }
    job_slot& slot(std::uint16_t place) noexcept { return page_->jobs[place]; }

    /// The worker sees the arena.
    bool maps_arena() const noexcept { return page_->maps_arena.load() != 0; }
    /// When those answers came that are being passed on: read once for all that come together.
    time_point answers_read_at() const noexcept { return answers_read_at_; }

    /// Answers a worker that wants memory; null: there is none.
    void grant(const region_pointer& region) noexcept;
    /// Looks for answers for so long after each job before it waits for them; the worker for jobs.
    void spin_for(duration time) noexcept;

    /// Hands over a call: `frame` has room for the header in front of the payload.
    void send(frame_header header, std::shared_ptr<byte_buffer> frame);
    /// Asks the job to stop through its stop_token.
    void ask_to_stop(std::uint64_t job) noexcept;
    /// Lets the worker exit when it has nothing to do.
    void finish() noexcept;
    /// Signals the worker and all that its jobs have started.
    void signal(int number) noexcept;

    /// Tells the owner with worker_late once `limit` has passed; replaces the allowance before.
    void allow(std::chrono::steady_clock::duration limit);
    void stop_allowance() noexcept;

    /// A packet socket to the process.
    int control() noexcept { return control_.native_handle(); }
    /// Closes that, and waits at most `limit` for the process to end.
    void dismiss(std::chrono::milliseconds limit) noexcept;
    /// Kills and reaps the worker now. The owner hears no more of it.
    void abandon() noexcept;

  private:
    void listen_for_bell();
    void listen();
    void listen_for_data();
    void listen_for_end();
    void send_rest();
    bool read_data();
    bool take_answers();
    bool pass_on();
    void wake() noexcept;
    void note_answer(const frame_header& header);
    void close_output() noexcept;
    reap_answer reap_child(int pid) noexcept;
    void close() noexcept;
    void begin_to_spin();
    void go_on_spinning();
    void ended();

    worker_owner* owner_;
    int pid_;
    std::shared_ptr<process_maker> maker_;
    /// The process', until it is made.
    std::vector<handed_descriptor> theirs_;
    /// Signals and time limits given before there is a process.
    bool doomed_ = false;
    std::optional<std::chrono::steady_clock::duration> allowed_;
    page_mapping page_;
    worker_place place_;
    boost::asio::posix::stream_descriptor ended_;
    boost::asio::posix::stream_descriptor data_;
    /// Null where the worker has our stdout.
    std::shared_ptr<output_pipe> output_;
    std::shared_ptr<output_pipe> error_output_;
    /// Packets, which Asio needs not know: it would look twice for what it believes to be one.
    boost::asio::generic::stream_protocol::socket control_;
    char bell_[8];
    boost::asio::steady_timer allowance_;
    frame_reader reader_;
    ring_writer calls_;
    ring_reader answers_;
    /// An answer whose payload is still on its way through the socket; those behind it wait for it.
    std::optional<frame_header> awaited_;
    /// What is too large for the ring, and how much of the first has been sent.
    std::deque<std::shared_ptr<const byte_buffer>> outgoing_;
    std::size_t sent_ = 0;
    std::size_t in_flight_ = 0;
    time_point answers_read_at_{};
    duration spin_ = duration::zero();
    time_point spin_end_{};
    bool spins_ = false;
    spin_experience spin_experience_;
    worker_exit how_;
};

} // namespace tandem::detail
