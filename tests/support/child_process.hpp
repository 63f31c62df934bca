// Runs a program as its user does: with arguments, an environment, a terminal if need be, and a watch on what
// it prints.
#pragma once
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace test {

/// How a program is started.
struct child_options {
    /// "NAME=value" each, added to the test's own environment.
    std::vector<std::string> environment = {};
    /// Give it a terminal of its own as standard input, output and error; what it prints is in `output()`.
    bool terminal = false;
    /// The terminal's size.
    int rows = 24;
    int columns = 100;
    /// Give it a pipe as standard input, which write() feeds and close_input() ends; else it gets /dev/null.
    bool input = false;
    /// The folder to run in; the test's own when empty.
    std::string folder = {};
};

/// A running program. Killed and reaped by the destructor if it still runs.
class child_process {
  public:
    /// Starts `arguments[0]` (a path). Throws std::system_error if it cannot.
    explicit child_process(std::vector<std::string> arguments, const child_options& options = {});
    ~child_process();
    child_process(const child_process&) = delete;
    child_process& operator=(const child_process&) = delete;

    int pid() const { return pid_; }
    void write(std::string_view text);
    void close_input();
    void signal(int number) const;
    /// Gives its terminal another size, of which it is told by SIGWINCH.
    void resize(int rows, int columns) const;

    /// Reads until its output (standard output, or what the terminal shows) contains `text`. Throws
    /// std::runtime_error with all it printed, when it ends or hangs instead.
    void wait_for_output(std::string_view text);
    /// The same for standard error.
    void wait_for_errors(std::string_view text);

    /// Reads until `enough` says so of its output. Throws as wait_for_output.
    void wait_until(const std::function<bool(const std::string& output)>& enough);

    /// Waits for its end and returns its exit status, 128 + n for a death by signal n. Throws as
    /// wait_for_output.
    int wait();

    /// What it has printed so far, as far as it has been read.
    const std::string& output() const { return output_; }
    const std::string& errors() const { return errors_; }

  private:
    bool pump();
    void wait_for(const std::string& stream, std::string_view text);
    [[noreturn]] void fail(const std::string& what);

    int pid_ = -1;
    int status_ = -1;
    int input_fd_ = -1;
    int output_fd_ = -1;
    int errors_fd_ = -1;
    std::string output_;
    std::string errors_;
};

/// How a program ended, and what it printed.
struct outcome {
    int status;
    std::string output;
    std::string errors;
};

/// Runs a program to its end.
outcome run(std::vector<std::string> arguments, const child_options& options = {});

/// The path of one of this build's programs.
std::string program(std::string_view name);

} // namespace test
