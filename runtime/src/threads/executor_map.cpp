#include <tandem/threads/executor_map.hpp>

#include <tandem/base/error.hpp>

namespace tandem::detail {

void throw_map_timed_out() {
    throw timed_out("map: timed out");
}

} // namespace tandem::detail
