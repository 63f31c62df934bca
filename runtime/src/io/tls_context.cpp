#include <tandem/io/tls_context.hpp>

#include <stdexcept>

#include "io/tls_shared.hpp"

namespace tandem {

std::vector<std::string> detail::checked_protocols(std::vector<std::string> names) {
    std::size_t total = 0;
    for (const std::string& name : names) {
        if (name.empty() || name.size() > 255)
            throw std::invalid_argument("the name of an application protocol has 1 to 255 bytes: '" + name +
                                        "'");
        total += 1 + name.size();
    }
    if (total > 65535) throw std::invalid_argument("too many application protocols");
    return names;
}

tls_context::tls_context(const tls_client_options& options)
    : shared_(std::make_shared<detail::tls_shared>(options)) {}

tls_context::tls_context(const tls_server_options& options)
    : shared_(std::make_shared<detail::tls_shared>(options)) {}

bool tls_context::is_server() const noexcept {
    return shared_->is_server();
}

std::size_t tls_context::remembered_sessions() const {
    return shared_->sessions().count();
}

} // namespace tandem
