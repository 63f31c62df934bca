#include <tandem/io/run_process.hpp>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <system_error>

#include <tandem/base/error.hpp>
#include <tandem/coro/task_group.hpp>
#include <tandem/coro/timeout.hpp>
#include <tandem/io/subprocess.hpp>

namespace tandem {
namespace {

constexpr std::size_t piece = std::size_t{64} << 10;

/// The last lines of a text, each indented.
std::string last_lines(std::string_view text) {
    constexpr int lines = 5;
    constexpr std::size_t longest = 2000;
    while (text.ends_with('\n'))
        text.remove_suffix(1);
    std::size_t begin = text.size();
    for (int line = 0; line < lines && begin != std::string_view::npos && begin > 0; ++line)
        begin = text.rfind('\n', begin - 1);
    if (begin != std::string_view::npos && begin < text.size()) text.remove_prefix(begin + (begin > 0));
    if (text.size() > longest) text.remove_prefix(text.size() - longest);
    std::string shown;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        shown += "\n    ";
        shown += text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return shown;
}

std::string failure_text(const std::string& command, const process_result& result) {
    return command + ": " + result.status.to_string() + last_lines(result.error_output);
}

bool is_pipe(const std::optional<redirect>& stream) {
    return stream && stream->what() == redirect::kind::pipe;
}

/// One run, which its tasks refer to.
class process_run {
  public:
    process_run(const command& what, const std::string& input, const process_limits& limits)
        : input_(input)
        , limits_(limits)
        , what_(what)
        , child_(what) {}

    task<> go(task_group& group) {
        if (is_pipe(what_.input())) group.spawn(feed(), "input of " + what_.program());
        auto readers = group.spawn(read_all());
        result_.status = co_await child_.wait();
        result_.was_cut_off = !co_await move_on_after(limits_.drain(), std::move(readers));
        group.cancel(); // what is not over by now never ends
    }
    process_result take_result() { return std::move(result_); }

  private:
    task<> feed() {
        try {
            co_await child_.input().write(input_);
        } catch (const std::system_error& error) {
            if (error.code().value() != EPIPE) throw; // it has read what it wanted
        }
        co_await child_.input().close_write();
    }

    task<> read_all() {
        auto both = [this](task_group& group) -> task<> {
            if (is_pipe(what_.output())) group.spawn(collect(child_.output(), result_.output, "output"));
            if (is_pipe(what_.error_output()))
                group.spawn(collect(child_.error_output(), result_.error_output, "error output"));
            co_return;
        };
        co_await with_group(both);
    }

    task<> collect(byte_stream& from, std::string& into, const char* which) {
        const auto room = std::make_unique_for_overwrite<char[]>(piece);
        for (;;) {
            const std::size_t count = co_await from.read_some(std::span(room.get(), piece));
            if (count == 0) co_return;
            if (count > limits_.output() - into.size())
                throw output_limit_exceeded(what_.program(), which, limits_.output());
            into.append(room.get(), count);
        }
    }

    const std::string& input_;
    const process_limits& limits_;
    const command& what_;
    subprocess child_;
    process_result result_;
};

} // namespace

process_failed::process_failed(const std::string& command, process_result result)
    : std::runtime_error(failure_text(command, result))
    , result_(std::move(result)) {}
process_failed::~process_failed() = default;

output_limit_exceeded::output_limit_exceeded(const std::string& program, const char* which, std::size_t limit)
    : std::runtime_error("'" + program + "' wrote more than " + std::to_string(limit) + " bytes of " +
                         which) {}
output_limit_exceeded::~output_limit_exceeded() = default;

task<process_result> run_process(command what, std::string input, process_limits limits) {
    if (!what.input()) what.input(input.empty() ? redirect::null() : redirect::pipe());
    if (!what.output()) what.output(redirect::pipe());
    if (!what.error_output()) what.error_output(redirect::pipe());
    if (!input.empty() && !is_pipe(what.input()))
        throw usage_error("run_process: input for '" + what.program() + "', whose input is redirected");

    process_run run(what, input, limits);
    auto body = [&run](task_group& group) { return run.go(group); };
    co_await with_group(body);
    process_result result = run.take_result();
    if (limits.check() && !result.status.success()) throw process_failed(what.to_string(), std::move(result));
    co_return result;
}

} // namespace tandem
