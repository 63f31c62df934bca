#include "download/programs.hpp"

#include <iostream>
#include <optional>
#include <set>

#include <stdlib.h>

#include "support/child_program.hpp"
#include "support/report.hpp"

namespace bench {
namespace {

namespace fs = std::filesystem;

using words = std::vector<std::string>;

void say_once(const std::string& text) {
    static std::set<std::string> said;
    if (said.insert(text).second) std::cerr << "bench-download: " << text << '\n';
}

std::optional<std::string> installed(const std::string& program) {
    auto found = find_program(program);
    if (!found) say_once("no rows for " + program + ": it is not installed");
    return found;
}

/// Our client alone, which is what tandem-get has beneath it.
fetcher client() {
    return {"save_to", [program = own_program("bench-download-client")](const errand& what) {
                return words{program, what.list, std::to_string(what.jobs), what.folder};
            }};
}

fetcher beast(std::string name, std::string how, std::string file) {
    return {std::move(name), [program = own_program("bench-floor-beast"), how, file](const errand& what) {
                return words{program, how, file, what.list, std::to_string(what.jobs), what.folder};
            }};
}

fetcher raw(std::string name, std::string how) {
    return {std::move(name), [program = own_program("bench-floor-raw"), how](const errand& what) {
                return words{program, how, what.list, what.folder};
            }};
}

fetcher curl(const std::string& program) {
    return {"curl", [program](const errand& what) {
                return words{program,        "--disable",      "--no-progress-meter",
                             "--silent",     "--show-error",   "--fail",
                             "--parallel",   "--parallel-max", std::to_string(what.jobs),
                             "--output-dir", what.folder,      "--config",
                             what.curl_list};
            }};
}

fetcher aria2(const std::string& program) {
    return {"aria2", [program](const errand& what) {
                return words{program,
                             "--no-conf",
                             "--quiet",
                             "--file-allocation=none",
                             "--max-connection-per-server=1",
                             "--max-concurrent-downloads=" + std::to_string(what.jobs),
                             "--dir=" + what.folder.string(),
                             "--input-file=" + what.list.string()};
            }};
}

fetcher wget2(const std::string& program) {
    return {"wget2", [program](const errand& what) {
                return words{program,
                             "--no-config",
                             "--no-hsts",
                             "--quiet",
                             "--max-threads=" + std::to_string(what.jobs),
                             "--directory-prefix=" + what.folder.string(),
                             "--input-file=" + what.list.string()};
            }};
}

fetcher aiohttp(const std::string& python) {
    return {"aiohttp", [python](const errand& what) {
                return words{python,
                             "-B",
                             TANDEM_BENCH_PEERS "/aiohttp_download.py",
                             what.list,
                             std::to_string(what.jobs),
                             what.folder};
            }};
}

/// Whether this Python has the module.
bool can_import(const std::string& python, const std::string& module) {
    return ::system((python + " -B -c 'import " + module + "' 2>/dev/null").c_str()) == 0;
}

void add_peers(std::vector<fetcher>& all, const download_options& chosen) {
    if (chosen.is_against("curl"))
        if (const auto program = installed("curl")) all.push_back(curl(*program));
    if (chosen.is_against("aria2"))
        if (const auto program = installed("aria2c")) all.push_back(aria2(*program));
    if (chosen.is_against("wget2"))
        if (const auto program = installed("wget2")) all.push_back(wget2(*program));
    if (!chosen.is_against("aiohttp") || chosen.python == "none") return;
    const auto python = find_program(chosen.python);
    if (!python || !can_import(*python, "aiohttp")) {
        say_once("no rows for aiohttp: " + chosen.python + " does not have it");
        return;
    }
    if (!can_import(*python, "uvloop")) say_once("aiohttp runs on asyncio's own loop: there is no uvloop");
    all.push_back(aiohttp(*python));
}

} // namespace

fetcher tandem() {
    return {own_name, [program = own_program("tandem-get")](const errand& what) {
                return words{program, "--globoff", "--jobs=" + std::to_string(what.jobs),
                             "--output-dir=" + what.folder.string(), "--input-file=" + what.list.string()};
            }};
}

std::string own_program(const std::string& name) {
    return (fs::read_symlink("/proc/self/exe").parent_path() / name).string();
}

std::vector<fetcher> fetchers(const download_options& chosen, floor_kind kind) {
    std::vector<fetcher> floors;
    const std::string how = kind == floor_kind::whole_files ? "whole" : "pieces";
    floors.push_back(client());
    floors.push_back(beast("floor", how, "part"));
    if (kind == floor_kind::whole_files) floors.push_back(beast("floor_no_part", how, "plain"));
    if (kind == floor_kind::large_file) {
        floors.push_back(raw("read_write", "read-write"));
        floors.push_back(raw("splice", "splice"));
    }
    std::vector<fetcher> all = {tandem()};
    for (fetcher& each : floors)
        if (chosen.is_against(each.name)) all.push_back(std::move(each));
    add_peers(all, chosen);
    return all;
}

} // namespace bench
