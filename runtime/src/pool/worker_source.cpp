#include "pool/worker_source.hpp"

#include "io/spawn_parts.hpp"
#include "pool/worker_mark.hpp"
#include "pool/worker_setup.hpp"

namespace tandem::detail {

spawned_worker worker_source::start() {
    if (setup_.get() < 0) setup_ = lift(write_worker_setup(options_), worker_descriptors);
    worker_place place = places_.take();
    marked_environment environment(options_.limits().environment_changes(), place.number());
    spawned_worker worker =
        spawn_worker(environment, setup_.get(), options_.standard_output() == worker_stdout::captured);
    worker.place = std::move(place);
    return worker;
}

} // namespace tandem::detail
