#include "io/pipe_stream.hpp"

namespace tandem::detail {

pipe_stream::pipe_stream(unique_fd descriptor, way which, std::string name)
    : core_(std::move(descriptor), std::move(name))
    , way_(which) {}

void pipe_stream::require(way wanted, const char* what) const {
    if (way_ != wanted)
        throw usage_error(std::string(what) + core_.peer() + " is against the way of its pipe");
}

task<std::size_t> pipe_stream::read_some(std::span<char> room) {
    require(way::from_child, "reading from ");
    return core_.read_some(room);
}

task<std::size_t> pipe_stream::write_some(std::string_view bytes) {
    require(way::to_child, "writing to ");
    return core_.write_some(bytes);
}

task<> pipe_stream::write(std::string_view bytes) {
    require(way::to_child, "writing to ");
    return core_.write(bytes);
}

task<> pipe_stream::close_write() {
    if (way_ == way::to_child) core_.close_write();
    co_return;
}

} // namespace tandem::detail
