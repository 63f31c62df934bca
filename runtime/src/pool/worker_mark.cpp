#include "pool/worker_mark.hpp"

#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <unistd.h>

#include "pool/frame.hpp"

namespace tandem::detail {

std::string make_worker_mark(unsigned place, bool is_zygote) {
    return std::string(worker_mark_name) + '=' + std::to_string(protocol_version) + ':' +
           std::to_string(getpid()) + ':' + std::to_string(place) + (is_zygote ? ":zygote" : ":worker");
}

std::optional<worker_mark> find_worker_mark() {
    const char* text = std::getenv(worker_mark_name);
    if (!text) return std::nullopt;
    worker_mark mark;
    char role[8] = {};
    if (std::sscanf(text, "%d:%d:%u:%7s", &mark.version, &mark.parent, &mark.place, role) != 4)
        return worker_mark();
    mark.is_zygote = role == std::string_view("zygote");
    return mark;
}

void refuse_pool_in_marked_process() {
    if (!find_worker_mark()) return;
    std::fputs("tandem: this process was started as a worker of a process_pool, but makes a pool of its own "
               "before it "
               "has called tandem::worker_entry.\n"
               "tandem: call tandem::worker_entry(argc, argv) first in main (tandem::run does), and make "
               "pools after "
               "that, not in static initialisers.\n",
               stderr);
    std::_Exit(forgotten_worker_entry);
}

} // namespace tandem::detail
