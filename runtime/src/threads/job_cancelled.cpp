#include <tandem/threads/job_cancelled.hpp>

#include <string>

namespace tandem {

namespace {

const char* describe_reason(cancel_reason reason) noexcept {
    switch (reason) {
    case cancel_reason::deadline:
        return "the deadline of its scope passed";
    case cancel_reason::sibling_failed:
        return "another task of its scope failed";
    case cancel_reason::interrupted:
        return "the program was interrupted";
    case cancel_reason::deadlock:
        return "the loop was deadlocked";
    case cancel_reason::requested:
        break;
    }
    return "it was told to stop";
}

} // namespace

job_cancelled::job_cancelled(cancel_reason reason)
    : std::runtime_error(std::string("the job was cancelled: ") + describe_reason(reason))
    , reason_(reason) {}
job_cancelled::~job_cancelled() = default;

} // namespace tandem
