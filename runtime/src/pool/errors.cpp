#include <tandem/pool/errors.hpp>

#include <csignal>
#include <cstring>
#include <utility>

namespace tandem {

namespace {

std::string describe_exit(const std::string& job, const worker_exit& how) {
    std::string text = job + ": worker " + std::to_string(how.pid);
    if (how.signal != 0) {
        const char* name = sigabbrev_np(how.signal);
        text += " was killed by ";
        text += name ? "SIG" + std::string(name) : "signal " + std::to_string(how.signal);
        if (const char* meaning = sigdescr_np(how.signal)) text += " (" + std::string(meaning) + ')';
    } else if (how.status < 0) {
        text += " ended, and its zygote, which could have told how, had died before";
    } else {
        text += " exited with status " + std::to_string(how.status);
    }
    if (!how.last_words.empty()) text += "; its last words:\n" + how.last_words;
    return text;
}

} // namespace

worker_died::worker_died(const std::string& job, worker_exit how)
    : std::runtime_error(describe_exit(job, how))
    , how_(std::move(how)) {}
worker_died::~worker_died() = default;

poisoned_job::poisoned_job(const std::string& job, unsigned deaths, worker_exit how)
    : worker_died(job + " is not run again, as its function has killed " + std::to_string(deaths) +
                      " workers in a row",
                  std::move(how))
    , deaths_(deaths) {}
poisoned_job::~poisoned_job() = default;

broken_pool::broken_pool(const std::string& what, std::exception_ptr cause)
    : std::runtime_error(what)
    , cause_(std::move(cause)) {}
broken_pool::~broken_pool() = default;
unknown_function::~unknown_function() = default;

remote_error::remote_error(std::string type, std::string message)
    : std::runtime_error(message.empty() ? type : type + ": " + message)
    , type_(std::move(type))
    , message_(std::move(message)) {}
remote_error::~remote_error() = default;

} // namespace tandem
