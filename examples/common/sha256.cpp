#include "common/sha256.hpp"

#include <cerrno>
#include <cstdio>
#include <memory>
#include <openssl/evp.h>
#include <stdexcept>
#include <system_error>
#include <vector>

#include <tandem/threads/job_cancelled.hpp>

namespace {

class hasher {
  public:
    hasher()
        : state_(::EVP_MD_CTX_new(), &::EVP_MD_CTX_free) {
        check(state_ && ::EVP_DigestInit_ex(state_.get(), ::EVP_sha256(), nullptr));
    }
    void add(const void* bytes, std::size_t size) {
        check(::EVP_DigestUpdate(state_.get(), bytes, size) == 1);
    }
    std::string digest() {
        unsigned char bytes[EVP_MAX_MD_SIZE];
        unsigned size = 0;
        check(::EVP_DigestFinal_ex(state_.get(), bytes, &size) == 1);
        std::string text;
        for (unsigned i = 0; i < size; ++i) {
            text += "0123456789abcdef"[bytes[i] >> 4];
            text += "0123456789abcdef"[bytes[i] & 15];
        }
        return text;
    }

  private:
    static void check(bool is_good) {
        if (!is_good) throw std::runtime_error("SHA-256 is not available");
    }
    std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> state_;
};

} // namespace

std::string sha256(std::string_view content) {
    hasher sum;
    sum.add(content.data(), content.size());
    return sum.digest();
}

std::string sha256_of_file(const std::string& path, const std::stop_token& stop) {
    const auto fail = [&] { throw std::system_error(errno, std::generic_category(), path); };
    const std::unique_ptr<FILE, int (*)(FILE*)> file(std::fopen(path.c_str(), "rbe"), &std::fclose);
    if (!file) fail();
    hasher sum;
    for (std::vector<char> buffer(256 * 1024);;) {
        if (stop.stop_requested()) throw tandem::job_cancelled(tandem::cancel_reason::requested);
        const auto got = std::fread(buffer.data(), 1, buffer.size(), file.get());
        sum.add(buffer.data(), got);
        if (got == buffer.size()) continue;
        if (std::ferror(file.get())) fail();
        return sum.digest();
    }
}
