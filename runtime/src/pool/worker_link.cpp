#include "pool/worker_link.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "pool/worker_control.hpp"
#include <tandem/base/log.hpp>
#include <tandem/pool/codec_error.hpp>

namespace tandem::detail {

namespace {

using descriptor = boost::asio::posix::stream_descriptor;

/// How often a handler reads or writes before others have their turn: a large frame takes many.
constexpr int moves_a_turn = 16;

bool is_answer(frame_type type) noexcept {
    return type == frame_type::value || type == frame_type::error || type == frame_type::skipped;
}

std::int64_t microseconds(const timeval& time) {
    return std::int64_t{time.tv_sec} * 1'000'000 + time.tv_usec;
}

} // namespace

worker_link::worker_link(boost::asio::io_context& io, worker_owner& owner, spawned_worker worker)
    : owner_(&owner)
    , pid_(worker.pid)
    , maker_(std::move(worker.maker))
    , theirs_(std::move(worker.theirs))
    , page_(std::move(worker.page))
    , place_(std::move(worker.place))
    , ended_(io)
    , data_(io, worker.data.release())
    , error_output_(std::make_shared<output_pipe>(io, std::move(worker.error_output), page_->output,
                                                  page_->output.err, worker.pid, output_stream::err))
    , control_(io)
    , allowance_(io)
    , calls_(page_->calls)
    , answers_(page_->answers) {
    control_.assign(boost::asio::generic::stream_protocol(AF_UNIX, 0), worker.control.release());
    if (worker.output.get() >= 0)
        output_ = std::make_shared<output_pipe>(io, std::move(worker.output), page_->output,
                                                page_->output.out, worker.pid, output_stream::out);
    how_.pid = worker.pid;
    if (worker.ended.get() >= 0) ended_.assign(worker.ended.release());
}

void worker_link::start() {
    if (maker_)
        maker_->make(shared_from_this(), std::move(theirs_), place_.number());
    else
        listen();
}

void worker_link::has_process(int pid, unique_fd ended) {
    pid_ = how_.pid = pid;
    ended_.assign(ended.release());
    if (!owner_) return signal(SIGKILL); // abandoned meanwhile; its zygote reaps it in the end
    if (output_) output_->set_worker(pid);
    error_output_->set_worker(pid);
    listen();
    if (allowed_) allow(*allowed_);
    if (doomed_) signal(SIGKILL);
}

void worker_link::has_no_process(const std::string& why) {
    close();
    place_ = worker_place();
    if (worker_owner* owner = std::exchange(owner_, nullptr)) owner->worker_not_started(*this, why);
}

void worker_link::listen() {
    static_cast<void>(answers_.may_sleep());
    listen_for_bell();
    listen_for_data();
    error_output_->listen();
    if (output_) output_->listen();
    listen_for_end();
}

void worker_link::listen_for_bell() {
    control_.async_receive(boost::asio::buffer(bell_),
                           [self = shared_from_this()](const boost::system::error_code& error, std::size_t) {
                               // What comes without a bell any more is read at the worker's end.
                               if (error || !self->owner_) return;
                               if (self->take_answers() && self->owner_) self->listen_for_bell();
                           });
}

// The three others wait for readiness and read by themselves, instead of letting Asio read: at the worker's
// end what it had sent before can then be read in order, whichever of the handlers comes first.

void worker_link::listen_for_data() {
    data_.async_wait(descriptor::wait_read,
                     [self = shared_from_this()](const boost::system::error_code& error) {
                         if (error || !self->owner_) return;
                         if (self->read_data() && self->owner_) self->listen_for_data();
                     });
}

void worker_link::listen_for_end() {
    ended_.async_wait(descriptor::wait_read,
                      [self = shared_from_this()](const boost::system::error_code& error) {
                          if (!error && self->owner_) self->ended();
                      });
}

/// Passes on what has come. Returns false if nothing else will.
bool worker_link::take_answers() {
    try {
        // The worker rings again only after this has seen an empty ring.
        do {
            answers_read_at_ = clock::now();
            if (!pass_on()) return false;
        } while (!awaited_ && !spins_ && !answers_.may_sleep());
        return true;
    } catch (const codec_error& error) {
        log(log_level::error,
            "worker " + std::to_string(pid_) + " sent garbage and is killed: " + error.what());
        signal(SIGKILL);
        return false;
    }
}

/// One frame after the other, those of the ring first: what comes by the socket is announced there, or is no
/// answer. Returns false if nobody listens any more.
bool worker_link::pass_on() {
    frame found;
    while (owner_) {
        if (!awaited_ && answers_.next(found)) {
            if (in_flight_ > 0 && is_answer(found.header.type)) --in_flight_;
            if (found.header.place == payload_place::socket) {
                awaited_ = found.header;
                continue;
            }
            note_answer(found.header);
            byte_buffer payload;
            if (found.header.place == payload_place::ring)
                payload.append(found.payload, static_cast<std::size_t>(found.header.length));
            owner_->worker_sent(*this, found.header, std::move(payload));
            continue;
        }
        if (!reader_.next(found)) return true;
        if (found.header.type == frame_type::value || found.header.type == frame_type::error) {
            if (!awaited_ || awaited_->job != found.header.job || awaited_->length != found.header.length)
                throw codec_error("an answer that was not announced");
            awaited_.reset();
        }
        note_answer(found.header);
        owner_->worker_sent(*this, found.header, reader_.take_payload(found));
    }
    return false;
}

/// Reads the data socket and passes on what has come. Returns false at the end of the stream.
bool worker_link::read_data() {
    for (int move = 0; move < moves_a_turn; ++move) {
        const auto space = reader_.space();
        const ssize_t got = recv(data_.native_handle(), space.data, space.size, MSG_DONTWAIT);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0 && errno == EAGAIN) return true;
        if (got <= 0) {
            // Without the socket the process is of no use. Its end is reported when it has ended.
            signal(SIGKILL);
            return false;
        }
        reader_.filled(static_cast<std::size_t>(got));
        if (!take_answers()) return false;
    }
    return true;
}

/// What a job has printed, or what came before the first one, is in the log before its answer is passed on.
void worker_link::note_answer(const frame_header& header) {
    if (header.type == frame_type::skipped || header.type == frame_type::setting_up) return;
    if (output_) output_->job_answered(header.job);
    error_output_->job_answered(header.job);
}

void worker_link::close_output() noexcept {
    if (output_) output_->close();
    error_output_->close();
}

void worker_link::send(frame_header header, std::shared_ptr<byte_buffer> frame) {
    header.place = payload_place::ring;
    const bool is_short = header.length <= ring_writer::longest;
    if (frame->region() && maps_arena()) {
        header.place = payload_place::arena;
        header.at = frame->region()->place() + sizeof header;
        static_cast<void>(calls_.write(header, nullptr));
    } else if (!is_short || !calls_.write(header, frame->data() + sizeof header)) {
        header.place = payload_place::socket;
        // There is room for a header for each job that a worker may hold.
        static_cast<void>(calls_.write(header, nullptr));
        std::memcpy(frame->data(), &header, sizeof header);
        outgoing_.push_back(std::move(frame));
        if (outgoing_.size() == 1) send_rest();
    }
    ++in_flight_;
    wake();
    if (spin_ > duration::zero()) begin_to_spin();
}

void worker_link::grant(const region_pointer& region) noexcept {
    page_->grant.size.store(region ? region->size() : 0);
    page_->grant.place.store(region ? region->place() : 0);
    page_->grant.asleep.store(0);
    futex_wake(page_->grant.asleep);
}

void worker_link::spin_for(duration time) noexcept {
    spin_ = time;
    page_->spin.store(std::chrono::duration_cast<std::chrono::nanoseconds>(time).count());
}

void worker_link::begin_to_spin() {
    spin_end_ = clock::now() + spin_;
    if (spins_ || !spin_experience_.is_worth_it()) return;
    spins_ = true;
    answers_.asleep().store(0);
    boost::asio::post(data_.get_executor(), [self = shared_from_this()] { self->go_on_spinning(); });
}

/// A moment at a time: what else the loop has to do goes on between.
void worker_link::go_on_spinning() {
    constexpr auto moment = std::chrono::microseconds(2);
    if (!owner_) return;
    const time_point now = clock::now();
    const bool found =
        spin_until([&] { return !answers_.is_empty(); }, std::min<time_point>(now + moment, spin_end_));
    if (found) spin_experience_.note(true);
    if (!found && now >= spin_end_) spin_experience_.note(in_flight_ == 0);
    if (!found && now >= spin_end_) spins_ = false;
    if ((found || !spins_) && !take_answers()) return;
    if (spins_ && owner_)
        boost::asio::post(data_.get_executor(), [self = shared_from_this()] { self->go_on_spinning(); });
}

void worker_link::wake() noexcept {
    if (calls_.must_wake()) futex_wake(page_->calls.asleep);
}

void worker_link::send_rest() {
    for (int move = 0; move < moves_a_turn && !outgoing_.empty(); ++move) {
        const byte_buffer& frame = *outgoing_.front();
        const ssize_t done = ::send(data_.native_handle(), frame.data() + sent_, frame.size() - sent_,
                                    MSG_NOSIGNAL | MSG_DONTWAIT);
        if (done >= 0) {
            sent_ += static_cast<std::size_t>(done);
            if (sent_ < frame.size()) continue;
            outgoing_.pop_front();
            sent_ = 0;
        } else if (errno == EAGAIN) {
            break;
        } else if (errno != EINTR) {
            return; // it has ended, and that is reported elsewhere
        }
    }
    if (outgoing_.empty()) return;
    data_.async_wait(descriptor::wait_write,
                     [self = shared_from_this()](const boost::system::error_code& error) {
                         if (!error && self->owner_) self->send_rest();
                     });
}

void worker_link::ask_to_stop(std::uint64_t job) noexcept {
    const stop_request request{job};
    // If it cannot be sent, SIGTERM follows when the time is up.
    static_cast<void>(
        ::send(control_.native_handle(), &request, sizeof request, MSG_NOSIGNAL | MSG_DONTWAIT));
}

void worker_link::finish() noexcept {
    page_->leaving.store(1);
    wake();
}

void worker_link::signal(int number) noexcept {
    // One that has still to be made is not wanted any more, whatever the signal.
    if (pid_ == 0) doomed_ = true;
    // Not reaped yet, so the id is still its own. A job may have moved its process to another group.
    if (pid_ > 0 && kill(-pid_, number) != 0) kill(pid_, number);
}

void worker_link::allow(std::chrono::steady_clock::duration limit) {
    if (!ended_.is_open()) {
        allowed_ = limit; // from when there is a process
        return;
    }
    allowance_.expires_after(limit);
    allowance_.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
        // One that had expired when it was replaced comes without an error.
        if (!error && self->owner_ && self->allowance_.expiry() <= std::chrono::steady_clock::now())
            self->owner_->worker_late(*self);
    });
}

void worker_link::stop_allowance() noexcept {
    allowed_.reset();
    allowance_.expires_at(std::chrono::steady_clock::time_point::max());
}

reap_answer worker_link::reap_child(int pid) noexcept {
    reap_answer answer;
    answer.pid = pid;
    rusage used{};
    while (wait4(pid, &answer.status, 0, &used) < 0 && errno == EINTR) {
    }
    answer.user_time = microseconds(used.ru_utime);
    answer.system_time = microseconds(used.ru_stime);
    answer.peak_memory = std::int64_t{used.ru_maxrss} * 1024;
    return answer;
}

void worker_link::ended() {
    // What its jobs have started goes with it, while its process group is still its own.
    signal(SIGKILL);
    const int pid = std::exchange(pid_, 0);
    place_ = worker_place();
    if (maker_)
        maker_->reap(shared_from_this(), pid);
    else
        reaped(reap_child(pid));
}

void worker_link::reaped(const std::optional<reap_answer>& how) {
    const auto self = shared_from_this();
    if (how) {
        how_.signal = WIFSIGNALED(how->status) ? WTERMSIG(how->status) : 0;
        how_.status = WIFEXITED(how->status) ? WEXITSTATUS(how->status) : 0;
        how_.user_time = how->user_time;
        how_.system_time = how->system_time;
        how_.peak_memory = how->peak_memory;
    } else {
        how_.status = -1;
    }
    // A result sent before the end counts.
    while (owner_ && data_.is_open() && read_data()) {
        pollfd more{data_.native_handle(), POLLIN, 0};
        if (poll(&more, 1, 0) <= 0) break;
    }
    if (owner_) static_cast<void>(take_answers());
    if (owner_) {
        if (output_) output_->read_rest();
        error_output_->read_rest();
    }
    how_.last_words = error_output_->last_words();
    close();
    if (worker_owner* owner = std::exchange(owner_, nullptr)) owner->worker_ended(*this, std::move(how_));
}

void worker_link::dismiss(std::chrono::milliseconds limit) noexcept {
    boost::system::error_code ignored;
    control_.close(ignored);
    if (pid_ <= 0) return;
    pollfd gone{ended_.native_handle(), POLLIN, 0};
    while (poll(&gone, 1, static_cast<int>(limit.count())) < 0 && errno == EINTR) {
    }
}

void worker_link::abandon() noexcept {
    if (!std::exchange(owner_, nullptr)) return;
    signal(SIGKILL);
    if (pid_ > 0 && maker_) dismiss(std::chrono::milliseconds(-1));
    if (const int pid = std::exchange(pid_, 0); pid > 0 && !maker_) reap_child(pid);
    place_ = worker_place();
    close();
}

void worker_link::close() noexcept {
    stop_allowance();
    theirs_.clear();
    close_output();
    boost::system::error_code ignored;
    control_.close(ignored);
    data_.close(ignored);
    ended_.close(ignored);
}

} // namespace tandem::detail
