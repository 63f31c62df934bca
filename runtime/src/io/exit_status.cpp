#include <tandem/io/exit_status.hpp>

#include <cstring>
#include <sys/wait.h>

namespace tandem {

int exit_status::code() const noexcept {
    return exited() ? WEXITSTATUS(status_) : 128 + signal();
}

std::string exit_status::to_string() const {
    if (exited()) return "exit status " + std::to_string(code());
    const char* name = ::sigdescr_np(signal());
    return "killed by signal " + std::to_string(signal()) + " (" + (name ? name : "unknown") + ")" +
           (dumped_core() ? ", core dumped" : "");
}

} // namespace tandem
