// Hashes of bytes, by OpenSSL.
#pragma once
#include <memory>
#include <string>
#include <string_view>

struct evp_md_ctx_st;

namespace tandem::http::detail {

/// A hash in the making.
class hasher {
  public:
    /// `algorithm` as OpenSSL calls it. Throws std::runtime_error where it does not offer it.
    explicit hasher(const char* algorithm);

    hasher& add(std::string_view bytes);
    /// In lower-case hexadecimal. Ends it.
    std::string hex();

  private:
    std::shared_ptr<evp_md_ctx_st> context_;
};

} // namespace tandem::http::detail
