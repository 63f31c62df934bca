#include <tandem/io/asio.hpp>

#include "coro/loop_context.hpp"

namespace tandem {

boost::asio::io_context& asio_context() {
    loop::context& here = loop::current().io();
    here.has_foreign_handlers = true;
    return here.io;
}

boost::asio::io_context& detail::own_asio_context() {
    return loop::current().io().io;
}

} // namespace tandem
