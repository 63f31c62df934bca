// bench-floor-beast: a bare Beast coroutine loop, the floor of bench-download. It keeps JOBS connections,
// sends a fixed request over each again and again, and writes what comes; it has no limits, no redirects, no
// retries.
//
//     bench-floor-beast whole|pieces part|plain LIST JOBS FOLDER
//
// `whole` reads each body into a string, `pieces` hands it on as it comes. `part` writes NAME.part and
// renames.
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>

#include <cstdlib>
#include <cstring>
#include <exception>
#include <iostream>
#include <limits>
#include <memory>

#include "link_list.hpp"
#include "saved_file.hpp"

namespace asio = boost::asio;
namespace http = boost::beast::http;
using bench_floor::http_link;
using bench_floor::saved_file;

namespace {

// With the context's own executor, which costs less than one that may be any.
using executor = asio::io_context::executor_type;
template <class T = void> using awaitable = asio::awaitable<T, executor>;
constexpr asio::use_awaitable_t<executor> use_awaitable;
using socket = asio::basic_stream_socket<asio::ip::tcp, executor>;

constexpr std::size_t largest_piece = 64 * 1024;

struct job {
    std::vector<http_link> links;
    std::size_t next = 0; ///< of the links, that nobody has taken yet
    bool in_pieces;
    bool with_part;
    std::string folder;
};

/// One connection, and what is read over it.
class visitor {
  public:
    visitor(job& work, executor where)
        : work_(work)
        , socket_(where) {
        // Beast reads as much as the buffer has room for, at most 64 KiB, and 512 bytes where it has none.
        buffer_.reserve(work.in_pieces ? 64 * 1024 : 8 * 1024);
    }

    awaitable<> run() {
        const auto port = static_cast<std::uint16_t>(std::atoi(work_.links.front().port.c_str()));
        const asio::ip::tcp::endpoint server(asio::ip::address_v4::loopback(), port);
        co_await socket_.async_connect(server, use_awaitable);
        socket_.set_option(asio::ip::tcp::no_delay(true));
        while (work_.next < work_.links.size()) {
            const http_link& one = work_.links[work_.next++];
            request_ = "GET " + one.target + " HTTP/1.1\r\nHost: 127.0.0.1:" + one.port +
                       "\r\nUser-Agent: floor\r\nAccept: */*\r\n\r\n";
            co_await asio::async_write(socket_, asio::buffer(request_), use_awaitable);
            if (work_.in_pieces)
                co_await save_pieces(one);
            else
                co_await save_whole(one);
        }
    }

  private:
    awaitable<> save_whole(const http_link& one) {
        http::response_parser<http::string_body> parser;
        parser.body_limit(std::numeric_limits<std::uint64_t>::max());
        co_await http::async_read(socket_, buffer_, parser, use_awaitable);
        check_status(parser.get().result_int(), one);
        saved_file file(work_.folder + "/" + one.name, work_.with_part);
        file.write(parser.get().body());
        file.finish();
    }

    awaitable<> save_pieces(const http_link& one) {
        http::response_parser<http::buffer_body> parser;
        parser.body_limit(std::numeric_limits<std::uint64_t>::max());
        co_await http::async_read_header(socket_, buffer_, parser, use_awaitable);
        check_status(parser.get().result_int(), one);
        saved_file file(work_.folder + "/" + one.name, work_.with_part);
        if (!piece_) piece_ = std::make_unique_for_overwrite<char[]>(largest_piece);
        auto& body = parser.get().body();
        while (!parser.is_done()) {
            body.data = piece_.get();
            body.size = largest_piece;
            boost::system::error_code error;
            co_await http::async_read_some(socket_, buffer_, parser,
                                           asio::redirect_error(use_awaitable, error));
            if (error && error != http::error::need_buffer) throw boost::system::system_error(error);
            file.write({piece_.get(), largest_piece - body.size});
        }
        file.finish();
    }

    static void check_status(unsigned status, const http_link& one) {
        if (status != 200) throw std::runtime_error(one.target + ": status " + std::to_string(status));
    }

    job& work_;
    socket socket_;
    std::string request_;
    boost::beast::flat_buffer buffer_;
    std::unique_ptr<char[]> piece_;
};

awaitable<> visit(job& work, executor where) {
    visitor one(work, where);
    co_await one.run();
}

void rethrow(std::exception_ptr error) {
    if (error) std::rethrow_exception(error);
}

} // namespace

int main(int argc, char** argv) try {
    if (argc != 6) throw std::runtime_error("needs whole|pieces part|plain LIST JOBS FOLDER");
    job work{bench_floor::read_links(argv[3]), 0, std::strcmp(argv[1], "pieces") == 0,
             std::strcmp(argv[2], "part") == 0, argv[5]};
    asio::io_context context(1);
    for (int i = 0; i < std::atoi(argv[4]); ++i)
        asio::co_spawn(context, visit(work, context.get_executor()), rethrow);
    context.run();
} catch (const std::exception& error) {
    std::cerr << "bench-floor-beast: " << error.what() << '\n';
    return 1;
}
