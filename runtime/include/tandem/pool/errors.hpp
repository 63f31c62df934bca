// What can go wrong with a job besides its function's own errors.
#pragma once
#include <cstdint>
#include <exception>
#include <stdexcept>
#include <string>

#include <tandem/base/config.hpp>

namespace tandem {

/// How a worker process ended, and what it used.
struct worker_exit {
    /// Its process id, no longer in use.
    int pid = 0;
    /// The signal that killed it, 0 if none did.
    int signal = 0;
    /// What it passed to exit(); meaningful where `signal` is 0. -1 where nobody knows how it ended, because
    /// the zygote that had forked it had died before; the figures below are 0 then.
    int status = 0;
    /// CPU time in microseconds, all its jobs together.
    std::int64_t user_time = 0;
    std::int64_t system_time = 0;
    /// The most memory it had resident, in bytes.
    std::int64_t peak_memory = 0;
    /// The last lines it wrote to stderr.
    std::string last_words;
};

/// The worker process that ran the job died: it crashed, exited, or was killed. Only this job fails; a new
/// worker takes the place.
class TANDEM_API worker_died : public std::runtime_error {
  public:
    worker_died(const std::string& job, worker_exit how);
    ~worker_died() override;
    const worker_exit& how() const noexcept { return how_; }
    /// The signal that killed the worker, 0 if it exited.
    int signal() const noexcept { return how_.signal; }
    /// The exit status, where no signal killed it.
    int exit_status() const noexcept { return how_.status; }
    /// The last lines the worker wrote to stderr.
    const std::string& last_words() const noexcept { return how_.last_words; }

  private:
    worker_exit how_;
};

/// A job that was to be run again after its worker died (crash_retries), and is not: its function has killed
/// as many workers in a row as the pool's poison_limit allows. Holds how the last one ended.
class TANDEM_API poisoned_job : public worker_died {
  public:
    poisoned_job(const std::string& job, unsigned deaths, worker_exit how);
    ~poisoned_job() override;
    /// How many workers the function has killed in a row.
    unsigned deaths() const noexcept { return deaths_; }

  private:
    unsigned deaths_;
};

/// The pool cannot run jobs: its workers do not start, or it has been stopped. The message says which.
class TANDEM_API broken_pool : public std::runtime_error {
  public:
    explicit broken_pool(const std::string& what, std::exception_ptr cause = nullptr);
    ~broken_pool() override;
    /// The error behind it: what the initializer threw, how the last worker died. Null where there is none.
    const std::exception_ptr& cause() const noexcept { return cause_; }

  private:
    std::exception_ptr cause_;
};

/// The job's function lies in a module (a shared library) that the worker does not have, or has in another
/// version.
class TANDEM_API unknown_function : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
    ~unknown_function() override;
};

/// An exception of a type that does not travel: what remains of it. `carry_exception` lets a type of one's
/// own travel.
class TANDEM_API remote_error : public std::runtime_error {
  public:
    remote_error(std::string type, std::string message);
    ~remote_error() override;
    /// The name of the exception's type.
    const std::string& type() const noexcept { return type_; }
    /// Its own what(), without the type; empty where it was no std::exception.
    const std::string& message() const noexcept { return message_; }

  private:
    std::string type_;
    std::string message_;
};

} // namespace tandem
