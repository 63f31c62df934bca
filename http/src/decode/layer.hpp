// One coding of a body.
#pragma once
#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

namespace tandem::http::detail {

/// Decodes one compressed format, in constant memory.
class layer {
  public:
    layer() = default;
    layer(const layer&) = delete;
    layer& operator=(const layer&) = delete;
    virtual ~layer();

    /// Takes what it can from the front of `in` and writes decoded bytes to `out`, which is not empty.
    /// Returns how many; where there are none, it has taken all of `in`, or there is `trouble`. What follows
    /// the end of the data is taken and ignored, as browsers do.
    virtual std::size_t decode(std::string_view& in, std::span<char> out) = 0;

    /// True where the data may end here: they are complete, or there were none at all.
    virtual bool is_complete() const noexcept = 0;

    /// What is wrong with the data; null while there is nothing.
    const char* trouble() const noexcept { return trouble_; }

    /// The format, for a message.
    virtual const char* name() const noexcept = 0;

  protected:
    void refuse(const char* why) noexcept { trouble_ = why; }

  private:
    const char* trouble_ = nullptr;
};

/// RFC 1952; several members one after the other are one text.
std::unique_ptr<layer> make_gzip_layer();
/// RFC 1950, and RFC 1951 without that wrapping, which servers send under the same name.
std::unique_ptr<layer> make_deflate_layer();
/// RFC 7932.
std::unique_ptr<layer> make_brotli_layer();
/// RFC 8878 with windows up to 8 MiB (RFC 9659); several frames one after the other are one text.
std::unique_ptr<layer> make_zstd_layer();

} // namespace tandem::http::detail
