#include <tandem/sync/broadcast.hpp>

#include <string>

namespace tandem {

lagged::lagged(std::uint64_t missed)
    : std::runtime_error("a slow subscriber missed " + std::to_string(missed) + " values")
    , missed_(missed) {}

lagged::~lagged() = default;

} // namespace tandem
