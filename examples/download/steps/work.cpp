#include "download/steps/work.hpp"

#include <fmt/format.h>
#include <stdexcept>

#include "common/sha256.hpp"
#include "download/steps/file_tools.hpp"
#include <tandem/io/run_process.hpp>

using tandem::task;

namespace {

/// As sha256sum has it: a name with a line end or a backslash in it is escaped, behind a backslash that says
/// so.
std::string checksum_line(const std::string& digest, const std::string& path) {
    std::string name;
    for (const char c : path) {
        if (c == '\\')
            name += "\\\\";
        else if (c == '\n')
            name += "\\n";
        else if (c == '\r')
            name += "\\r";
        else
            name += c;
    }
    return (name == path ? "" : "\\") + digest + "  " + name;
}

/// The last line of what a command wrote, with its cause in front of it.
std::string failure_of(const step& what, const tandem::process_result& done) {
    std::string_view last = done.error_output;
    while (last.ends_with('\n'))
        last.remove_suffix(1);
    last = last.substr(last.rfind('\n') + 1);
    return fmt::format("{}: {}{}{}", what.name, done.status.to_string(), last.empty() ? "" : ": ", last);
}

task<step_outcome> execute(const step& what, std::string path) {
    if (path.starts_with('-')) path.insert(0, "./"); // no option
    tandem::command shell("/bin/sh", "-c", what.command, "tandem-get", path);
    shell.own_group(); // so that all of it ends
    auto done = co_await tandem::run_process(shell, {}, tandem::process_limits().check(false));
    if (!done.status.success()) throw std::runtime_error(failure_of(what, done));
    step_outcome made;
    made.result = std::move(done.output);
    made.notes = std::move(done.error_output);
    if (made.result.ends_with('\n')) made.result.pop_back();
    co_return made;
}

} // namespace

step_outcome do_step(step what, std::string path, std::stop_token stop) {
    step_outcome made;
    switch (what.kind) {
    case step_kind::thumbnail:
        load_file_tools().make_thumbnail(path, static_cast<int>(what.amount));
        break;
    case step_kind::sha256:
        made.result = checksum_line(sha256_of_file(path, stop), path);
        break;
    case step_kind::extract:
        load_file_tools().extract_archive(path, what.amount, stop);
        break;
    case step_kind::exec:
        throw std::logic_error("exec is a process of its own");
    }
    return made;
}

task<step_outcome> run_step(step what, std::string path, tandem::process_pool* cpu) {
    if (what.kind == step_kind::exec) co_return co_await execute(what, std::move(path));
    if (!cpu) co_return do_step(what, std::move(path), {});
    try {
        co_return co_await cpu->run(do_step, what, std::move(path));
    } catch (const tandem::worker_died& death) { // which names the function, not what the user asked for
        throw std::runtime_error(what.name + ": " + death.what());
    }
}
