#include <tandem/io/asio.hpp>

#include "coro/loop_context.hpp"

namespace tandem {

boost::asio::io_context& asio_context() {
    return loop::current().io().io;
}

} // namespace tandem
