// Parses one reply as its bytes arrive.
#pragma once
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
    /// How long the body is, where a Content-Length says it and nothing contradicts.
    std::optional<std::uint64_t> content_length;
};

/// A push parser for HTTP/1.x replies (RFC 9112) over a buffer of the caller's. It takes what servers send,
/// and refuses what leaves two readers of different opinions about where a reply ends:
///
/// - lines end with CRLF or LF; a CR elsewhere, or a NUL, is refused. Folded lines are joined. Empty lines
///   before the status line are skipped.
/// - the reason phrase may be missing, and blanks may stand before a field's colon, but not where the field
///   says how long the body is.
/// - a Content-Length that is no plain number, or is another one the second time, is refused.
/// - the only Transfer-Encoding is chunked. With a Content-Length beside it, or under HTTP/1.0, or as the
///   obsolete `identity`, the reply is read, and its connection never used again.
///
/// The header goes into a reply_head; the body stays where it was read, its chunks moved together there.
/// Nothing else is kept in memory. The answer does not depend on how the bytes are cut.
class reply_parser {
  public:
    /// Limits on a header, or on the trailers behind a body: bytes of a line, of all lines, and fields.
    static constexpr std::size_t longest_line = 64 * 1024;
    static constexpr std::size_t longest_header = 256 * 1024;
    static constexpr std::size_t most_fields = 1000;
    /// Of a chunk's size with its extensions, which nobody reads.
    static constexpr std::size_t longest_chunk_line = 4 * 1024;
    /// Of all those lines, beyond the sizes themselves: so much more than there are bytes in the chunks.
    static constexpr std::size_t longest_extensions = longest_header;

    /// Makes it ready for the next reply; one to HEAD has no body, whatever its header says. Of one that is
    /// raw, all that stands around and behind the chunks counts as body.
    void reset(bool answers_head = false, bool is_raw = false);

    /// What `consume` made of the bytes it was given.
    struct step {
        /// The bytes behind these have to be given again, with more behind them.
        std::size_t used = 0;
        /// Part of the body, inside the bytes given.
        std::string_view body;
    };

    /// Parses up to the end of the header, or, behind it, as much of the body as there is. Where nothing was
    /// used, more bytes are needed, or there is `trouble`.
    step consume(char* bytes, std::size_t count);

    /// The connection has ended. Returns whether the reply is complete with that.
    bool finish() noexcept;

    /// How many of the bytes to come belong to the body as they are: the caller may read as many past the
    /// parser, and says so with `skip`.
    std::uint64_t plain_bytes() const noexcept;
    void skip(std::uint64_t count) noexcept;

    /// What is wrong with the reply, in words that continue "the reply is not valid HTTP: "; null while there
    /// is nothing.
    const char* trouble() const noexcept { return trouble_; }

    bool is_header_done() const noexcept { return state_ >= state::by_length; }
    bool is_in_trailers() const noexcept { return state_ == state::trailer; }
    bool is_done() const noexcept { return state_ == state::done; }

    /// Behind the header: whether another reply may follow on this connection.
    bool keep_alive() const noexcept { return keep_alive_; }

    reply_head& head() noexcept { return head_; }
    const reply_head& head() const noexcept { return head_; }
    /// The fields behind a chunked body.
    headers& trailers() noexcept { return trailers_; }

  private:
    enum class state {
        status_line,
        field,
        by_length, // the first that is behind the header
        until_close,
        chunk_size,
        chunk_extension,
        chunk_size_end,
        chunk_data,
        chunk_data_end,
        chunk_data_lf,
        trailer,
        done
    };

    void consume_header(char* bytes, std::size_t count, step& made);
    void check_beginning(std::string_view bytes);
    void consume_chunks(char* bytes, std::size_t count, step& made);
    void consume_trailers(char* bytes, std::size_t count, step& made);
    void consume_size_line(const char* bytes, std::size_t count, step& made);
    void add_digit(int digit);
    void end_size_line();

    std::optional<std::string_view> next_line(const char* bytes, std::size_t count, step& made);
    void read_status_line(std::string_view line);
    /// Returns false for the empty line behind the last field.
    bool read_field(std::string_view line, headers& into);
    void continue_field(std::string_view more, headers::field& last);
    void end_header();
    void choose_framing();
    bool read_transfer_encoding();
    void read_content_length();
    void read_connection();
    void refuse(const char* why) noexcept { trouble_ = why; }

    reply_head head_;
    headers trailers_;
    const char* trouble_ = nullptr;
    state state_ = state::status_line;
    bool answers_head_ = false;
    bool is_raw_ = false;
    bool is_http_1_0_ = false;
    bool keep_alive_ = false;
    /// How many bytes of the line to come are known to hold no line end, and those of the lines before.
    std::size_t scanned_ = 0;
    std::size_t lines_size_ = 0;
    /// Of the body, or of the chunk.
    std::uint64_t left_ = 0;
    std::size_t chunk_line_size_ = 0;
    /// By how much the extensions so far are longer than the chunks.
    std::uint64_t extensions_size_ = 0;
    bool has_digits_ = false;
    bool size_is_over_ = false;
};

} // namespace tandem::http::detail
