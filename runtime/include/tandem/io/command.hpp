// What to run as a child process, and how.
#pragma once
#include <concepts>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <tandem/base/clock.hpp>
#include <tandem/io/redirect.hpp>

namespace tandem {

/// A program with its arguments, environment, directory and standard streams; `subprocess` and `run_process`
/// start it. No shell is involved: every argument arrives as it is. A value, which can be started many times.
///
///     command sort("sort");
///     sort.argument("-n").set("LC_ALL", "C").directory("/var/log").output(redirect::file("sorted"));
class TANDEM_API command {
  public:
    /// `program` is a path if there is a slash in it, else a name that is looked for in the directories of
    /// PATH, of the child's environment, or in /usr/local/bin, /usr/bin and /bin where that has none. It is
    /// the child's first argument (argv[0]) as it is given here. What is relative is so to `directory()`.
    ///
    /// `command("ls", "-l", "/")`: the arguments follow. (A braced list of them does not compile inside a
    /// co_await expression of g++ 12.)
    template <std::convertible_to<std::string>... Arguments>
    explicit command(std::string program, Arguments&&... arguments)
        : program_(std::move(program)) {
        arguments_.reserve(sizeof...(arguments));
        (arguments_.emplace_back(std::forward<Arguments>(arguments)), ...);
    }
    command(std::string program, std::vector<std::string> arguments)
        : program_(std::move(program))
        , arguments_(std::move(arguments)) {}

    command& argument(std::string one) {
        arguments_.push_back(std::move(one));
        return *this;
    }
    /// Adds them all.
    command& arguments(std::vector<std::string> more);

    /// The child's environment is this process's as it is when the child starts, changed in the order of
    /// these calls.
    command& set(std::string name, std::string value);
    command& unset(std::string name);
    /// Begins with none, and forgets the changes before.
    command& clear_environment();

    command& directory(std::string path) {
        directory_ = std::move(path);
        return *this;
    }

    /// Its standard input, output and error output; this process's own where nothing is said (but
    /// `run_process` has its own idea of those).
    command& input(redirect from) {
        input_ = std::move(from);
        return *this;
    }
    command& output(redirect to) {
        output_ = std::move(to);
        return *this;
    }
    command& error_output(redirect to) {
        error_output_ = std::move(to);
        return *this;
    }

    /// Puts the child into a process group of its own, so that no Ctrl-C of our terminal reaches it. Signals
    /// that are sent through its `subprocess` then go to all of the group, and what is left of it when a
    /// cancellation has ended the child is killed.
    command& own_group(bool on = true) noexcept {
        has_own_group_ = on;
        return *this;
    }

    /// How long a child that is to end has between SIGTERM and SIGKILL; 5 s unless set.
    command& grace(duration length) noexcept {
        grace_ = length;
        return *this;
    }

    const std::string& program() const noexcept { return program_; }
    const std::vector<std::string>& arguments() const noexcept { return arguments_; }
    const std::string& directory() const noexcept { return directory_; }
    const std::optional<redirect>& input() const noexcept { return input_; }
    const std::optional<redirect>& output() const noexcept { return output_; }
    const std::optional<redirect>& error_output() const noexcept { return error_output_; }
    bool has_own_group() const noexcept { return has_own_group_; }
    duration grace() const noexcept { return grace_; }

    /// The environment that a child started now would get, "NAME=value" each.
    std::vector<std::string> environment() const;

    /// The command as one would type it into a shell, for messages.
    std::string to_string() const;

  private:
    /// A variable, with a value or without.
    struct change {
        std::string name;
        std::optional<std::string> value;
    };

    std::string program_;
    std::vector<std::string> arguments_;
    std::vector<change> changes_;
    std::string directory_;
    std::optional<redirect> input_;
    std::optional<redirect> output_;
    std::optional<redirect> error_output_;
    duration grace_ = std::chrono::seconds(5);
    bool begins_empty_ = false;
    bool has_own_group_ = false;
};

} // namespace tandem
