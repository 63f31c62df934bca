// Looking into another process, for tandem-ps.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include <tandem/base/config.hpp>

namespace tandem::detail {

/// The answer of process `pid` to `question`: "tasks" or "metrics". Throws std::runtime_error that says why
/// there is none: no such process, another user's, one that does not let itself be observed.
TANDEM_API std::string ask_process(int pid, std::string_view question);

/// The processes of this user that let themselves be observed.
TANDEM_API std::vector<int> observable_processes();

} // namespace tandem::detail
