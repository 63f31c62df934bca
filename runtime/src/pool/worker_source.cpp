#include "pool/worker_source.hpp"

#include "io/spawn_parts.hpp"
#include "pool/worker_mark.hpp"
#include "pool/worker_setup.hpp"
#include <tandem/base/error.hpp>
#include <tandem/base/log.hpp>

namespace tandem::detail {

namespace {

/// So many zygotes in a row that end before they are ready break the pool.
constexpr int attempts = 3;

} // namespace

spawned_worker worker_source::start(boost::asio::io_context& io) {
    if (setup_.get() < 0) setup_ = lift(write_worker_setup(options_), worker_descriptors);
    worker_place place = places_.take();
    spawned_worker worker;
    if (options_.preload_call()) {
        if (!zygote_ || !zygote_->is_alive()) {
            zygote_ = std::make_shared<zygote_link>(io, static_cast<zygote_owner&>(*this), spawn(true, 0));
            zygote_->start(options_.hello_within());
        }
        worker = make_worker_ends(options_.standard_output() == worker_stdout::captured,
                                  options_.shared_memory() != 0);
        worker.maker = zygote_;
    } else {
        worker = spawn(false, place.number());
    }
    worker.place = std::move(place);
    return worker;
}

spawned_worker worker_source::spawn(bool is_zygote, unsigned place) {
    marked_environment environment(options_.limits().environment_changes(), place, is_zygote);
    return spawn_worker(environment, setup_.get(), options_.standard_output() == worker_stdout::captured,
                        options_.shared_memory() != 0);
}

void worker_source::end() noexcept {
    if (const auto zygote = std::exchange(zygote_, nullptr)) zygote->end();
}

void worker_source::zygote_unfit(std::exception_ptr cause) {
    breaks_("the preload, " + options_.preload_call().name() + ", failed: " + describe(cause), cause);
}

void worker_source::zygote_late(int pid) {
    breaks_("the zygote, process " + std::to_string(pid) + ", did not report in time" + worker_entry_cure,
            nullptr);
}

void worker_source::zygote_died(bool ready, bool begun, const worker_exit& how) {
    const std::string what =
        begun ? "the zygote, with the preload " + options_.preload_call().name() : "the zygote";
    const worker_died cause(what, how);
    if (ready)
        log(log_level::warning, std::string("process_pool: ") + cause.what());
    else if (++failed_zygotes_ == attempts)
        breaks_(std::string(cause.what()) +
                    (begun || how.status == forgotten_worker_entry ? "" : worker_entry_cure),
                std::make_exception_ptr(cause));
}

} // namespace tandem::detail
