#include "proxy/http_tunnel.hpp"

#include <boost/beast/http/status.hpp>

#include <array>
#include <system_error>

#include "reply_parser.hpp"

namespace tandem::http::detail {

namespace {

constexpr int most_informational_replies = 20;

std::string connect_request(const std::string& authority, const headers& fields) {
    std::string text = "CONNECT " + authority + " HTTP/1.1\r\n";
    if (!fields.contains("Host")) text += "Host: " + authority + "\r\n";
    for (const auto& [name, value] : fields)
        text += name + ": " + value + "\r\n";
    return text + "\r\n";
}

/// Reads the proxy's answer, and nothing behind it.
class answer_reader {
  public:
    answer_reader(byte_stream& from, const error_site& site, std::string who)
        : from_(from)
        , site_(site)
        , who_(std::move(who)) {}

    /// The header of the final reply, which is the only thing of it that counts here.
    task<const reply_head*> read() {
        for (int interim = 0; interim < most_informational_replies; ++interim) {
            parser_.reset(true);
            while (!parser_.is_header_done()) {
                if (consume()) continue;
                const auto count = co_await from_.read_some(piece_);
                if (count == 0) fail("it closed the connection without a reply");
                unused_.append(piece_.data(), count);
            }
            if (parser_.head().status / 100 != 1) co_return &parser_.head();
        }
        fail("it sends informational replies only");
    }

    bool has_more() const noexcept { return !unused_.empty(); }

    [[noreturn]] void fail(const std::string& how, int status = 0) const {
        throw proxy_error(site_.url(), site_.cause(who_ + ": " + how), status);
    }

  private:
    /// Returns false where the parser needs more bytes.
    bool consume() {
        const auto made = parser_.consume(unused_.data(), unused_.size());
        if (parser_.trouble()) fail("its reply is not valid HTTP: " + std::string(parser_.trouble()));
        unused_.erase(0, made.used);
        return made.used > 0;
    }

    byte_stream& from_;
    const error_site& site_;
    const std::string who_;
    reply_parser parser_;
    std::array<char, 4096> piece_;
    std::string unused_;
};

std::string words_of(const reply_head& head) {
    namespace beast = boost::beast::http;
    std::string words = std::to_string(head.status) + ' ';
    if (!head.reason.empty()) return words + head.reason;
    const auto usual = beast::obsolete_reason(beast::int_to_status(static_cast<unsigned>(head.status)));
    return words.append(usual.data(), usual.size());
}

} // namespace

task<> open_http_tunnel(byte_stream& stream, std::string authority, const proxy_server& by,
                        const headers& fields, const error_site& site) {
    answer_reader answer(stream, site, "the proxy " + by.name());
    co_await stream.write(connect_request(authority, fields));
    const auto* const head = co_await answer.read();
    if (head->status / 100 != 2)
        answer.fail("it refused to connect to " + authority + ": " + words_of(*head), head->status);
    if (answer.has_more()) answer.fail("it sent more than its reply, in the name of " + authority);
}

} // namespace tandem::http::detail
