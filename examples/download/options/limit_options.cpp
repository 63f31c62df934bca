#include "download/options/limit_options.hpp"

#include <limits>
#include <stdexcept>
#include <string>

#include "download/options/option_group.hpp"
#include "download/options/quantity.hpp"

void limit_options::add_to(CLI::App& app) {
    option_group group(app, "How many at once");
    group.number("--jobs,--parallel-max", "N", jobs, 1, 10'000, "run N downloads at once; 16 by default");
    group.value(
        "--mode", "MODE", [this](const std::string& name) { mode = mode_from(name); },
        "sequential, threads, processes, coroutines, or hybrid: a loop for the downloads and a pool of "
        "processes for the steps; by default coroutines, with steps hybrid");
    group.number("--per-host", "N", per_host, 1, 10'000, "have at most N connections to one host");
    group.number("--segments", "N", segments, 1, 64, "fetch N parts of a large file at once");
    group.bytes("--limit-rate", rate, "take at most BYTES a second of each file, as 500k or 2M");

    option_group redirects(app, "Redirects");
    redirects.flag(
        "-L,--location", [this] { follows_redirects = true; }, "follow redirects (the default)");
    redirects.flag(
        "--no-location", [this] { follows_redirects = false; }, "take a redirect for the reply");
    redirects.flag(
        "--location-trusted",
        [this] {
            follows_redirects = true;
            location_trusted = true;
        },
        "follow them with the login and the secret headers, to any host");
    redirects.value(
        "--max-redirs", "N",
        [this](const std::string& given) {
            max_redirects = given == "-1" ? std::numeric_limits<int>::max()
                                          : static_cast<int>(number_from(given, 0, 1'000'000));
        },
        "follow at most N redirects; 50 by default, -1 for any number");

    option_group limits(app, "Limits of time and size");
    limits.length("--connect-timeout", connect_timeout, "give up where no connection stands after TIME");
    limits.length("-m,--max-time", max_time, "give up where a file has not come after TIME");
    limits.bytes("-Y,--speed-limit", speed_limit, "give up where fewer BYTES a second come, on average");
    limits.length("-y,--speed-time", speed_time, "over this TIME; 30 s by default");
    limits.bytes("--max-filesize", max_filesize, "take no larger file than BYTES, decoded");

    option_group again(app, "Retries");
    again.number("--retry", "N", retries, 0, 1'000'000,
                 "try again N times after what may pass; 3 by default");
    again.length("--retry-delay", retry_delay, "wait TIME before each, in place of more and more");
    again.length("--retry-max-time", retry_max_time, "begin none later than TIME after the first attempt");
    again.flag("--retry-all-errors", retries_all_errors,
               "try again after all that the server or the way there may be blamed for, as 404");
    again.flag(
        "--retry-connrefused", [] {}, "try again after refused connections (which is done anyway)");
}
