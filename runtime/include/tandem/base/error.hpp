// The errors of the runtime itself. What a wing adds (a failed job, a refused connection) stands in that
// wing.
#pragma once
#include <exception>
#include <stdexcept>
#include <string>
#include <vector>

#include <tandem/base/config.hpp>

namespace tandem {

/// A time limit passed before the work was done.
class TANDEM_API timed_out : public std::runtime_error {
  public:
    explicit timed_out(const std::string& what = "timed out");
    ~timed_out() override;
};

/// The library was used in a way its contract rules out; the message names the cure.
class TANDEM_API usage_error : public std::logic_error {
  public:
    using std::logic_error::logic_error;
    ~usage_error() override;
};

/// What awaiting a task beside one's own gives where that task was cancelled, and the awaiting one was not. A
/// task's own cancellation is thrown as `cancelled`.
class TANDEM_API task_cancelled : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
    ~task_cancelled() override;
};

/// Nothing could wake any task of a loop any more: no step, timer, I/O operation, signal or job. What `run`
/// and `block_on` throw then, after the tasks have been cancelled; what() has the tree of tasks as they
/// stood.
class TANDEM_API deadlock_error : public std::logic_error {
  public:
    using std::logic_error::logic_error;
    ~deadlock_error() override;
};

/// Several errors at once, from the forms that collect every outcome. `what()` prints them as a tree.
class TANDEM_API exception_group : public std::exception {
  public:
    exception_group(std::string message, std::vector<std::exception_ptr> errors);
    ~exception_group() override;
    const char* what() const noexcept override { return text_.c_str(); }
    /// The errors in the order in which they happened; none is null.
    const std::vector<std::exception_ptr>& errors() const noexcept { return errors_; }

  private:
    std::vector<std::exception_ptr> errors_;
    std::string text_;
};

/// The message of `error`: its what(), or its type's name where it is not a std::exception.
TANDEM_API std::string describe(const std::exception_ptr& error);

} // namespace tandem
