#include "reply_parser.hpp"

#include <algorithm>
#include <cstring>
#include <limits>

#include "field_syntax.hpp"

namespace tandem::http::detail {

namespace {

constexpr std::string_view version_prefix = "HTTP/1.";
/// The size of a chunk in 16 digits, and its line's end.
constexpr std::size_t plain_chunk_line = 18;

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

int hex_digit(char c) {
    if (is_digit(c)) return c - '0';
    const char small = static_cast<char>(c | 0x20);
    return small >= 'a' && small <= 'f' ? small - 'a' + 10 : -1;
}

bool is_blank(char c) {
    return c == ' ' || c == '\t';
}

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && is_blank(text.front()))
        text.remove_prefix(1);
    while (!text.empty() && is_blank(text.back()))
        text.remove_suffix(1);
    return text;
}

/// Calls `use` with each element of a comma-separated list (RFC 9110 section 5.6.1), also an empty one.
template <class Use> void for_each_element(std::string_view list, Use use) {
    for (;;) {
        const auto comma = list.find(',');
        use(trimmed(list.substr(0, comma)));
        if (comma == std::string_view::npos) return;
        list.remove_prefix(comma + 1);
    }
}

bool frames_body(std::string_view name) {
    return equal_ignoring_case(name, "Content-Length") || equal_ignoring_case(name, "Transfer-Encoding");
}

/// A number of decimal digits only (RFC 9110 section 8.6) that a file's size can have.
std::optional<std::uint64_t> decimal(std::string_view text) {
    constexpr std::uint64_t largest = std::numeric_limits<std::int64_t>::max();
    if (text.empty()) return std::nullopt;
    std::uint64_t value = 0;
    for (const char c : text) {
        if (!is_digit(c)) return std::nullopt;
        const auto digit = static_cast<std::uint64_t>(c - '0');
        if (value > (largest - digit) / 10) return std::nullopt;
        value = value * 10 + digit;
    }
    return value;
}

} // namespace

void reply_parser::reset(bool answers_head, bool is_raw) {
    *this = reply_parser();
    is_raw_ = is_raw;
    answers_head_ = answers_head;
}

reply_parser::step reply_parser::consume(char* bytes, std::size_t count) {
    step made;
    if (trouble_) return made;
    switch (state_) {
    case state::status_line:
    case state::field:
        consume_header(bytes, count, made);
        break;
    case state::by_length:
        made.used = static_cast<std::size_t>(std::min<std::uint64_t>(left_, count));
        made.body = std::string_view(bytes, made.used);
        skip(made.used);
        break;
    case state::until_close:
        made.used = count;
        made.body = std::string_view(bytes, count);
        break;
    case state::done:
        break;
    default:
        consume_chunks(bytes, count, made);
    }
    return made;
}

bool reply_parser::finish() noexcept {
    if (state_ == state::until_close) state_ = state::done;
    return is_done();
}

std::uint64_t reply_parser::plain_bytes() const noexcept {
    if (state_ == state::by_length || state_ == state::chunk_data) return left_;
    return state_ == state::until_close ? std::numeric_limits<std::uint64_t>::max() : 0;
}

void reply_parser::skip(std::uint64_t count) noexcept {
    if (state_ == state::until_close) return;
    left_ -= count;
    if (left_ > 0) return;
    state_ = state_ == state::by_length ? state::done : state::chunk_data_end;
}

void reply_parser::consume_header(char* bytes, std::size_t count, step& made) {
    while (!is_header_done()) {
        if (state_ == state::status_line) check_beginning({bytes + made.used, count - made.used});
        const auto line = trouble_ ? std::nullopt : next_line(bytes, count, made);
        if (!line) return;
        if (state_ == state::status_line)
            read_status_line(*line);
        else if (!read_field(*line, head_.fields))
            end_header();
        if (trouble_) return;
    }
}

/// Who speaks another protocol is told so before it has sent a line of 64 KiB.
void reply_parser::check_beginning(std::string_view bytes) {
    const auto begun = bytes.substr(0, version_prefix.size());
    const bool is_empty_line = begun.starts_with('\r') || begun.starts_with('\n');
    if (!is_empty_line && !version_prefix.starts_with(begun))
        refuse("it does not begin with HTTP/1.0 or HTTP/1.1");
}

/// The next line without its end, once it is there; then the bytes up to its end are used.
std::optional<std::string_view> reply_parser::next_line(const char* bytes, std::size_t count, step& made) {
    const char* const begin = bytes + made.used;
    const std::size_t there = count - made.used;
    const void* const end =
        there > scanned_ ? std::memchr(begin + scanned_, '\n', there - scanned_) : nullptr;
    const std::size_t size = end ? static_cast<std::size_t>(static_cast<const char*>(end) - begin) : there;
    if (size > longest_line)
        refuse("a line is longer than 64 KiB");
    else if (lines_size_ + size > longest_header)
        refuse("the header is longer than 256 KiB");
    scanned_ = end ? 0 : there;
    if (!end || trouble_) return std::nullopt;
    made.used += size + 1;
    lines_size_ += size + 1;
    std::string_view line(begin, size);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.find('\r') != std::string_view::npos) refuse("a line contains a CR");
    if (line.find('\0') != std::string_view::npos) refuse("a line contains a NUL");
    if (trouble_) return std::nullopt;
    return line;
}

/// RFC 9112 section 4, whose reason phrase may be missing with the blank before it.
void reply_parser::read_status_line(std::string_view line) {
    if (line.empty()) return;
    constexpr std::size_t code_at = version_prefix.size() + 2;
    const bool valid = line.starts_with(version_prefix) && line.size() >= code_at + 3 &&
                       is_digit(line[code_at - 2]) && line[code_at - 1] == ' ' && line[code_at] >= '1' &&
                       line[code_at] <= '9' && is_digit(line[code_at + 1]) && is_digit(line[code_at + 2]) &&
                       (line.size() == code_at + 3 || line[code_at + 3] == ' ');
    if (!valid) return refuse("its status line is malformed");
    is_http_1_0_ = line[code_at - 2] == '0';
    head_.status = (line[code_at] - '0') * 100 + (line[code_at + 1] - '0') * 10 + (line[code_at + 2] - '0');
    head_.reason = trimmed(line.substr(code_at + 3));
    head_.fields.reserve(16);
    state_ = state::field;
}

bool reply_parser::read_field(std::string_view line, headers& into) {
    if (line.empty()) return false;
    if (is_blank(line.front())) {
        // RFC 9112 section 5.2: what continues a line is part of its value, behind one blank.
        if (into.size() == 0)
            refuse("a blank stands before the first field");
        else
            continue_field(trimmed(line), into.fields_.back());
        return true;
    }
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) {
        refuse("a header line has no colon");
        return true;
    }
    const auto name = trimmed(line.substr(0, colon));
    if (!is_token(name))
        refuse("a header's name contains a character that it must not");
    else if (name.size() != colon && frames_body(name))
        refuse("a blank stands between Content-Length or Transfer-Encoding and its colon");
    else if (into.size() >= most_fields)
        refuse("it has more than 1000 header fields");
    else
        into.add(name, trimmed(line.substr(colon + 1)));
    return true;
}

void reply_parser::continue_field(std::string_view more, headers::field& last) {
    if (frames_body(last.first)) return refuse("Content-Length or Transfer-Encoding is folded");
    if (!last.second.empty() && !more.empty()) last.second += ' ';
    last.second += more;
}

void reply_parser::end_header() {
    read_connection();
    choose_framing();
    lines_size_ = 0;
}

/// RFC 9112 section 6.3.
void reply_parser::choose_framing() {
    const bool is_chunked = read_transfer_encoding();
    if (trouble_) return;
    if (!is_chunked) read_content_length();
    if (trouble_) return;
    const int status = head_.status;
    if (answers_head_ || status < 200 || status == 204 || status == 304) {
        // A server that sends a body all the same is not to be taken at its word again.
        if (status == 204 && (is_chunked || head_.content_length.value_or(0) > 0)) keep_alive_ = false;
        state_ = state::done;
    } else if (is_chunked) {
        state_ = state::chunk_size;
    } else if (head_.content_length) {
        left_ = *head_.content_length;
        state_ = left_ > 0 ? state::by_length : state::done;
    } else {
        keep_alive_ = false;
        state_ = state::until_close;
    }
}

/// Returns whether the body comes in chunks.
bool reply_parser::read_transfer_encoding() {
    std::string_view coding;
    for (const auto& [name, value] : head_.fields) {
        if (!equal_ignoring_case(name, "Transfer-Encoding")) continue;
        if (!coding.empty() || value.empty()) {
            refuse("its Transfer-Encoding is given twice, or empty");
            return false;
        }
        coding = value;
    }
    if (coding.empty()) return false;
    if (equal_ignoring_case(coding, "identity")) {
        keep_alive_ = false;
        return false;
    }
    if (!equal_ignoring_case(coding, "chunked")) {
        refuse("its Transfer-Encoding is not chunked");
        return false;
    }
    if (is_http_1_0_ || head_.fields.contains("Content-Length")) keep_alive_ = false;
    return true;
}

/// RFC 9110 section 8.6: several equal ones count as one.
void reply_parser::read_content_length() {
    for (const auto& [name, value] : head_.fields) {
        if (!equal_ignoring_case(name, "Content-Length")) continue;
        for_each_element(value, [this](std::string_view element) {
            const auto length = decimal(element);
            if (!length)
                refuse("its Content-Length is not a number");
            else if (head_.content_length && *head_.content_length != *length)
                refuse("it has two different Content-Lengths");
            head_.content_length = length;
        });
    }
}

/// RFC 9112 section 9.3.
void reply_parser::read_connection() {
    bool closes = false;
    bool keeps = !is_http_1_0_;
    for (const auto& [name, value] : head_.fields) {
        if (!equal_ignoring_case(name, "Connection")) continue;
        for_each_element(value, [&](std::string_view option) {
            closes |= equal_ignoring_case(option, "close");
            keeps |= equal_ignoring_case(option, "keep-alive");
        });
    }
    keep_alive_ = keeps && !closes;
}

/// RFC 9112 section 7.1.
void reply_parser::consume_chunks(char* bytes, std::size_t count, step& made) {
    char* const body = bytes;
    std::size_t body_size = 0;
    while (made.used < count && !trouble_ && state_ != state::done && state_ != state::trailer) {
        if (state_ == state::chunk_data) {
            const auto piece = static_cast<std::size_t>(std::min<std::uint64_t>(left_, count - made.used));
            if (!is_raw_) std::memmove(body + body_size, bytes + made.used, piece);
            body_size += piece;
            made.used += piece;
            skip(piece);
        } else if (state_ == state::chunk_data_end || state_ == state::chunk_data_lf) {
            const char c = bytes[made.used++];
            if (c == '\n') {
                state_ = state::chunk_size;
            } else if (c == '\r' && state_ == state::chunk_data_end) {
                state_ = state::chunk_data_lf;
            } else {
                refuse("a chunk is longer than its size says");
            }
        } else {
            consume_size_line(bytes, count, made);
        }
    }
    if (state_ == state::trailer && !trouble_) consume_trailers(bytes, count, made);
    made.body = std::string_view(body, is_raw_ ? made.used : body_size);
}

void reply_parser::consume_size_line(const char* bytes, std::size_t count, step& made) {
    while (made.used < count && !trouble_) {
        const char c = bytes[made.used++];
        if (++chunk_line_size_ > longest_chunk_line)
            return refuse("a chunk's size line is longer than 4 KiB");
        if (chunk_line_size_ > plain_chunk_line && ++extensions_size_ > longest_extensions)
            return refuse("the extensions of its chunks are 256 KiB longer than the chunks");
        if (state_ == state::chunk_size_end) {
            if (c != '\n') return refuse("a chunk's size line contains a CR");
            return end_size_line();
        }
        if (c == '\r') {
            state_ = state::chunk_size_end;
        } else if (state_ == state::chunk_extension) {
            // Others may look for a CRLF here, and find it somewhere else.
            if (c == '\n' || c == '\0') return refuse("a chunk's extension contains a LF or NUL");
        } else if (c == '\n') {
            return end_size_line();
        } else if (c == ';' && has_digits_) {
            state_ = state::chunk_extension;
        } else if (is_blank(c) && has_digits_) {
            size_is_over_ = true;
        } else if (const int digit = hex_digit(c); digit >= 0 && !size_is_over_) {
            add_digit(digit);
        } else {
            return refuse("a chunk's size is not a hexadecimal number");
        }
    }
}

void reply_parser::add_digit(int digit) {
    constexpr std::uint64_t largest = std::numeric_limits<std::int64_t>::max();
    if (left_ > (largest >> 4)) return refuse("a chunk's size is too large");
    left_ = left_ << 4 | static_cast<std::uint64_t>(digit);
    has_digits_ = true;
}

void reply_parser::end_size_line() {
    if (!has_digits_) return refuse("a chunk's size is missing");
    state_ = left_ > 0 ? state::chunk_data : state::trailer;
    extensions_size_ -= std::min(extensions_size_, left_);
    chunk_line_size_ = 0;
    has_digits_ = false;
    size_is_over_ = false;
}

void reply_parser::consume_trailers(char* bytes, std::size_t count, step& made) {
    while (state_ == state::trailer && !trouble_) {
        const auto line = next_line(bytes, count, made);
        if (!line) return;
        if (!read_field(*line, trailers_)) state_ = state::done;
    }
}

} // namespace tandem::http::detail
