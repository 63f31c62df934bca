// Parses one reply as its bytes arrive.
#pragma once
#include <boost/beast/http/basic_parser.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <tandem/http/headers.hpp>

namespace tandem::http::detail {

/// The beginning of a reply.
struct reply_head {
    int status = 0;
    std::string reason;
    headers fields;
    std::optional<std::uint64_t> content_length;
};

/// Beast's parser, kept from everything it would do with memory: the header goes to a reply_head, and the
/// body stays where it was read, its chunks moved together. Beast's limit on bodies is lifted; headers may
/// have 64 KiB.
class reply_parser final : public boost::beast::http::basic_parser<false> {
  public:
    using error_code = boost::beast::error_code;

    static constexpr std::size_t longest_header = 64 * 1024;
    static constexpr std::size_t most_fields = 500;

    reply_parser();

    /// What `consume` made of the bytes it was given.
    struct step {
        std::size_t used = 0;
        /// Part of the body, inside the bytes given.
        std::string_view body;
        /// need_more, where progress needs more bytes than there were.
        error_code error;
    };

    /// Parses up to the end of the header, or, behind it, as much of the body as there is.
    step consume(char* bytes, std::size_t count);

    reply_head& head() noexcept { return head_; }

  private:
    using string_view = boost::beast::string_view;
    using field = boost::beast::http::field;

    void on_request_impl(boost::beast::http::verb, string_view, string_view, int, error_code&) override {}
    void on_response_impl(int code, string_view reason, int version, error_code& error) override;
    void on_field_impl(field name, string_view name_text, string_view value, error_code& error) override;
    void on_header_impl(error_code& error) override;
    void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
    std::size_t on_body_impl(string_view body, error_code& error) override;
    void on_chunk_header_impl(std::uint64_t, string_view, error_code&) override {}
    std::size_t on_chunk_body_impl(std::uint64_t, string_view body, error_code& error) override;
    void on_finish_impl(error_code&) override {}

    std::size_t keep(string_view piece) noexcept;

    reply_head head_;
    /// Where the current call's bytes are, and how much of the body it has found there so far.
    char* bytes_ = nullptr;
    char* body_ = nullptr;
    std::size_t body_size_ = 0;
};

} // namespace tandem::http::detail
