// Takes a body's codings off, one after the other.
#pragma once
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <tandem/http/headers.hpp>

#include "decode/layer.hpp"

namespace tandem::http::detail {

/// The value of the Accept-Encoding header that asks for what a content_decoder knows.
inline constexpr std::string_view known_codings = "gzip, deflate, br, zstd";

/// The codings of a Content-Encoding (RFC 9110 section 8.4), in the order in which they were applied, in
/// lower case, without `identity`.
std::vector<std::string> codings_of(const headers& fields);

/// Decodes a body of up to five codings in constant memory: nothing is read or decoded before it is asked
/// for.
///
///     while (!decoder.is_done()) {
///         if (auto size = decoder.decode(room)) use(room.first(size));
///         else if (decoder.needs_input()) decoder.feed(more) or, where there is no more, decoder.finish();
///     }
class content_decoder {
  public:
    static constexpr std::size_t most_layers = 5;

    /// Null where one of `codings` is unknown: the body is then handed out as it is, as browsers do.
    static std::unique_ptr<content_decoder> make(const std::vector<std::string>& codings);

    /// How many bytes any of the layers may give; between two layers it is 1 GiB at most.
    void set_limit(std::uint64_t bytes) noexcept { limit_ = bytes; }

    /// `bytes` have to live until `needs_input` is true again.
    void feed(std::string_view bytes) noexcept { stages_.front().in = bytes; }
    /// There is no more.
    void finish() noexcept { stages_.front().is_closed = true; }

    /// Decodes some bytes into `room`, which is not empty, and returns how many. Where there are none: it
    /// needs input, it is done, there is trouble, or it has worked for a while and should be called again,
    /// after others had their turn.
    std::size_t decode(std::span<char> room);

    bool needs_input() const noexcept { return needs_input_; }
    bool is_done() const noexcept { return stages_.back().is_done; }

    /// What is wrong with the body, empty while there is nothing; and what kind of wrong that is.
    const std::string& trouble() const noexcept { return trouble_; }
    enum class fault { none, malformed, truncated, too_large };
    fault kind() const noexcept { return fault_; }

  private:
    struct stage {
        std::unique_ptr<layer> decoder;
        std::string_view in;
        /// Holds `in`, where it comes from the stage before.
        std::unique_ptr<char[]> buffer;
        /// Nothing comes behind `in`.
        bool is_closed = false;
        bool is_done = false;
        std::uint64_t given = 0;
    };

    std::size_t pull(std::size_t index, std::span<char> room);
    bool refill(std::size_t index);
    void fail(fault kind, std::string why);

    /// The first one takes the last coding off.
    std::vector<stage> stages_;
    std::uint64_t limit_ = std::numeric_limits<std::uint64_t>::max();
    std::string trouble_;
    fault fault_ = fault::none;
    bool needs_input_ = true;
    /// What may be decoded between two layers before others have their turn.
    std::size_t budget_ = 0;
};

} // namespace tandem::http::detail
