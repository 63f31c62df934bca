#include "pool/zygote_link.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <system_error>
#include <unistd.h>
#include <utility>

#include "pool/carried_error.hpp"
#include "pool/worker_setup.hpp"
#include <tandem/pool/codec.hpp>

namespace tandem::detail {

namespace {

/// How long a zygote may take to see that its workers, which have been killed, are gone.
constexpr std::chrono::milliseconds end_within{2000};

template <class T> T decode_whole(const byte_buffer& payload) {
    decoder in(payload.data(), payload.size());
    T value = tandem::decode<T>(in);
    in.finish();
    return value;
}

/// Returns false, with errno, if it cannot be sent.
bool send_request(int socket, const zygote_request& request, const std::vector<handed_descriptor>& handed) {
    alignas(cmsghdr) char room[CMSG_SPACE(sizeof(int) * zygote_request::most_descriptors)] = {};
    zygote_request bytes_of = request;
    iovec bytes{&bytes_of, sizeof bytes_of};
    msghdr message{};
    message.msg_iov = &bytes;
    message.msg_iovlen = 1;
    if (!handed.empty()) {
        message.msg_control = room;
        message.msg_controllen = CMSG_SPACE(sizeof(int) * handed.size());
        cmsghdr* const rights = CMSG_FIRSTHDR(&message);
        rights->cmsg_level = SOL_SOCKET;
        rights->cmsg_type = SCM_RIGHTS;
        rights->cmsg_len = CMSG_LEN(sizeof(int) * handed.size());
        for (std::size_t i = 0; i < handed.size(); ++i) {
            const int descriptor = handed[i].descriptor.get();
            std::memcpy(CMSG_DATA(rights) + i * sizeof(int), &descriptor, sizeof descriptor);
        }
    }
    ssize_t sent = 0;
    do
        sent = sendmsg(socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    while (sent < 0 && errno == EINTR);
    return sent == sizeof request;
}

} // namespace

zygote_link::zygote_link(boost::asio::io_context& io, zygote_owner& owner, spawned_worker zygote)
    : owner_(&owner)
    , process_(std::make_shared<worker_link>(io, static_cast<worker_owner&>(*this), std::move(zygote))) {}

zygote_link::~zygote_link() {
    end();
}

void zygote_link::start(std::chrono::steady_clock::duration hello_within) {
    process_->start();
    process_->allow(hello_within);
}

void zygote_link::make(std::shared_ptr<worker_link> worker, std::vector<handed_descriptor> theirs,
                       unsigned place) {
    wanted_.push_back({std::move(worker), std::move(theirs), place});
    ask_for_next();
}

void zygote_link::ask_for_next() {
    while (ready_ && !asked_ && !wanted_.empty()) {
        wanted_worker& next = wanted_.front();
        zygote_request request;
        request.place = next.place;
        request.descriptors = static_cast<std::uint32_t>(next.theirs.size());
        for (std::size_t i = 0; i < next.theirs.size(); ++i)
            request.numbers[i] = next.theirs[i].number;
        const bool sent = send_request(process_->control(), request, next.theirs);
        const int error = errno;
        next.theirs.clear();
        if (sent || !process_->is_alive() || error == EPIPE || error == ECONNRESET) {
            asked_ = true; // what it dies of is reported elsewhere
            return;
        }
        const std::shared_ptr<worker_link> worker = std::move(next.worker);
        wanted_.pop_front();
        worker->has_no_process(std::system_error(error, std::generic_category(), "asking the zygote").what());
    }
}

void zygote_link::forked(const fork_answer& answer) {
    if (!std::exchange(asked_, false)) throw codec_error("an answer to nothing");
    const std::shared_ptr<worker_link> worker = std::move(wanted_.front().worker);
    wanted_.pop_front();
    int error = answer.error;
    if (answer.pid > 0) {
        // It is a zombie at worst: the zygote reaps when it is told to.
        unique_fd ended(static_cast<int>(syscall(SYS_pidfd_open, answer.pid, 0)));
        error = errno;
        if (ended.get() >= 0)
            worker->has_process(answer.pid, std::move(ended));
        else
            worker->has_no_process(std::system_error(error, std::generic_category(), "pidfd_open").what());
    } else {
        worker->has_no_process(std::system_error(error, std::generic_category(), "fork").what());
    }
    ask_for_next();
}

void zygote_link::reap(std::shared_ptr<worker_link> worker, int pid) {
    zygote_request request;
    request.what = zygote_request::kind::reap;
    request.pid = pid;
    if (!process_->is_alive() || !send_request(process_->control(), request, {}))
        return worker->reaped(std::nullopt);
    ending_.push_back({std::move(worker), pid});
}

void zygote_link::reaped(const reap_answer& answer) {
    const auto at = std::find_if(ending_.begin(), ending_.end(),
                                 [&](const ending_worker& each) { return each.pid == answer.pid; });
    if (at == ending_.end()) throw codec_error("an answer to nothing");
    const std::shared_ptr<worker_link> worker = std::move(at->worker);
    ending_.erase(at);
    worker->reaped(answer);
}

void zygote_link::worker_sent(worker_link&, const frame_header& header, byte_buffer payload) {
    const auto self = shared_from_this(); // what the owner does may let go of it
    if (header.type == frame_type::setting_up) {
        begun_ = true;
        process_->stop_allowance();
    } else if (header.type == frame_type::hello) {
        ready_ = true;
        process_->stop_allowance();
        if (owner_) owner_->zygote_ready();
        ask_for_next();
    } else if (header.type == frame_type::forked) {
        forked(decode_whole<fork_answer>(payload));
    } else if (header.type == frame_type::reaped) {
        reaped(decode_whole<reap_answer>(payload));
    } else if (header.type == frame_type::unfit) {
        decoder in(payload.data(), payload.size());
        if (tandem::decode<setup_step>(in) != setup_step::preload) throw codec_error("not a zygote's step");
        std::exception_ptr cause = decode_exception(in);
        if (owner_) owner_->zygote_unfit(std::move(cause));
    } else {
        throw codec_error("not a zygote's frame");
    }
}

void zygote_link::worker_ended(worker_link&, worker_exit how) {
    const auto self = shared_from_this();
    const auto wanted = std::exchange(wanted_, {});
    const auto ending = std::exchange(ending_, {});
    asked_ = false;
    if (owner_) owner_->zygote_died(ready_, begun_, how);
    for (const ending_worker& each : ending)
        each.worker->reaped(std::nullopt);
    for (const wanted_worker& each : wanted)
        each.worker->has_no_process("");
}

void zygote_link::worker_late(worker_link& which) {
    if (owner_) owner_->zygote_late(which.pid());
    which.signal(SIGKILL);
}

void zygote_link::worker_not_started(worker_link&, const std::string&) {}

void zygote_link::end() noexcept {
    owner_ = nullptr;
    if (ready_) process_->dismiss(end_within);
    process_->abandon();
    wanted_.clear();
    ending_.clear();
}

} // namespace tandem::detail
