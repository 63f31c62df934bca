#include <tandem/io/connect_error.hpp>

namespace tandem {

namespace {

std::string tell(std::error_code code, const std::string& target,
                 const std::vector<connect_attempt>& attempts) {
    std::string text = "cannot connect to " + target;
    if (attempts.size() == 1 && attempts[0].cause() == code && attempts[0].address().to_string() == target)
        return text + ": " + code.message();
    for (const connect_attempt& each : attempts)
        text += (&each == attempts.data() ? ": " : "; ") + each.address().to_string() + ": " +
                each.cause().message();
    if (attempts.empty()) text += ": " + code.message();
    return text;
}

} // namespace

connect_error::connect_error(std::error_code code, const std::string& target,
                             std::vector<connect_attempt> attempts)
    : std::system_error(code)
    , attempts_(std::move(attempts))
    , text_(tell(code, target, attempts_)) {}

connect_error::~connect_error() = default;

} // namespace tandem
