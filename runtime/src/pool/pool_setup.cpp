// The part of pool_state that hears how its workers are set up.
#include "pool/pool_state.hpp"

#include "pool/carried_error.hpp"
#include "pool/worker_mark.hpp"
#include "pool/worker_setup.hpp"
#include <tandem/base/error.hpp>
#include <tandem/base/log.hpp>

namespace tandem::detail {

namespace {

/// So many workers in a row that end before they say hello break the pool.
constexpr int attempts = 3;

} // namespace

void pool_state::setup_sent(worker& by, const frame_header& header, const byte_buffer& payload) {
    if (header.type == frame_type::setting_up) {
        by.set_up = true;
        by.link->stop_allowance();
        return finish_if_done();
    }
    if (header.type != frame_type::unfit) throw codec_error("something else than hello");
    decoder in(payload.data(), payload.size());
    const auto step = tandem::decode<setup_step>(in);
    const std::exception_ptr cause = decode_exception(in);
    if (!broken_.empty()) return;
    if (step == setup_step::initializer)
        break_pool("the initializer, " + options_.initializer_call().name() + ", failed: " + describe(cause),
                   cause);
    else
        break_pool("a worker cannot be limited: " + describe(cause), cause);
}

void pool_state::start_failed(const worker& which, worker_exit how) {
    if (++failed_starts_ != attempts) return;
    std::string what = "workers end as soon as they start";
    if (which.set_up) what = "workers end in the initializer, " + options_.initializer_call().name();
    // Those that have come so far know it, and the forgetful one has said so itself.
    const bool knows_entry = which.set_up || how.status == forgotten_worker_entry;
    const worker_died cause(what, std::move(how));
    break_pool(std::string(cause.what()) + (knows_entry ? "" : worker_entry_cure),
               std::make_exception_ptr(cause));
}

void pool_state::worker_not_started(worker_link& which, const std::string& why) {
    workers_.erase(workers_.begin() + (&find(which) - workers_.data()));
    note_workers();
    if (why.empty()) {
        dispatch(); // which starts another, from a new zygote
    } else {
        const std::string what = "no worker can be started: " + why;
        log(log_level::error, "process_pool: " + what);
        warm_failed(std::make_exception_ptr(broken_pool("process_pool: " + what)));
        // Others may still do the work. Without any, waiting for better times could take for ever.
        if (workers_.empty()) refuse_queued(what);
    }
    finish_if_done();
}

} // namespace tandem::detail
