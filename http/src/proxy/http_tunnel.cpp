#include "proxy/http_tunnel.hpp"

#include <boost/beast/http/status.hpp>

#include <array>
#include <string_view>
#include <system_error>

#include "reply_parser.hpp"

namespace tandem::http::detail {

namespace {

constexpr int most_informational_replies = 20;

void append(std::string& text, std::string_view name, std::string_view value) {
    text.append(name).append(": ").append(value).append("\r\n");
}

/// How much of a refusal's body is read, so that the next answer can follow on the same connection.
constexpr std::uint64_t longest_refusal = 64 * 1024;

/// Reads the proxy's answers, and nothing behind them.
class answer_reader {
  public:
    answer_reader(byte_stream& from, const error_site& site, std::string who)
        : from_(from)
        , site_(site)
        , who_(std::move(who)) {}

    /// The header of the final reply; null where the connection ends before there is anything of it.
    task<const reply_head*> read() {
        for (int interim = 0; interim < most_informational_replies; ++interim) {
            parser_.reset(true);
            while (!parser_.is_header_done()) {
                if (consume()) continue;
                const auto count = co_await from_.read_some(piece_);
                if (count == 0 && unused_.empty() && interim == 0) co_return nullptr;
                if (count == 0) fail_closed();
                unused_.append(piece_.data(), count);
            }
            if (parser_.head().status / 100 != 1) co_return &parser_.head();
        }
        fail("it sends informational replies only");
    }

    bool has_more() const noexcept { return !unused_.empty(); }

    /// Reads the body that the header says there is. Returns false where no other answer can follow it.
    task<bool> skip_body() {
        const auto& head = parser_.head();
        const auto length = head.content_length.value_or(0);
        const bool is_measured = head.content_length && !head.fields.contains("Transfer-Encoding");
        if (!parser_.keep_alive() || !is_measured || length > longest_refusal) co_return false;
        while (unused_.size() < length) {
            const auto count = co_await from_.read_some(piece_);
            if (count == 0) co_return false;
            unused_.append(piece_.data(), count);
        }
        unused_.erase(0, static_cast<std::size_t>(length));
        co_return true;
    }

    [[noreturn]] void fail_closed() const { fail("it closed the connection without a reply"); }

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

http_tunnel::http_tunnel(std::string authority, const proxy_server& by, const headers& fields,
                         std::shared_ptr<authenticator> who, const error_site& site)
    : authority_(std::move(authority))
    , by_(by)
    , fields_(fields)
    , site_(site) {
    speaker_.who = std::move(who);
}

task<bool> http_tunnel::open(byte_stream& stream) {
    answer_reader answer(stream, site_, "the proxy " + by_.name());
    const auth_request asks{"CONNECT", authority_, nullptr, site_};
    for (bool is_first = true;; is_first = false) {
        if (speaker_.who) speaker_.sent = co_await speaker_.who->authorize(asks);
        const reply_head* head = nullptr;
        try {
            co_await stream.write(request());
            head = co_await answer.read();
        } catch (const std::system_error&) {
            if (is_first) throw;
        }
        // Behind a refusal it may close, whatever it has said of that.
        if (!head && !is_first) co_return false;
        if (!head) answer.fail_closed();
        if (head->status / 100 == 2) {
            if (answer.has_more()) answer.fail("it sent more than its reply, in the name of " + authority_);
            if (speaker_.who) speaker_.who->accepted(head->fields);
            co_return true;
        }
        const bool asks_who = head->status == proxy_auth.status;
        if (!asks_who || !speaker_.may_be_let_in(head->fields))
            answer.fail("it refused to connect to " + authority_ + ": " + words_of(*head), head->status);
        const bool is_kept = co_await answer.skip_body();
        if (!is_kept) co_return false;
    }
}

std::string http_tunnel::request() const {
    std::string text = "CONNECT " + authority_ + " HTTP/1.1\r\n";
    if (!fields_.contains("Host")) append(text, "Host", authority_);
    for (const auto& [name, value] : fields_)
        append(text, name, value);
    if (!speaker_.sent.empty()) append(text, proxy_auth.credentials, speaker_.sent);
    return text + "\r\n";
}

} // namespace tandem::http::detail
