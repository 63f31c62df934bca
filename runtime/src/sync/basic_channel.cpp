#include <tandem/sync/basic_channel.hpp>

namespace tandem {

channel_closed::channel_closed(const std::string& what)
    : std::runtime_error(what) {}

channel_closed::~channel_closed() = default;

} // namespace tandem
