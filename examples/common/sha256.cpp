#include "common/sha256.hpp"

#include <openssl/evp.h>
#include <stdexcept>

std::string sha256(std::string_view content) {
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    if (!EVP_Digest(content.data(), content.size(), digest, &size, EVP_sha256(), nullptr)) {
        throw std::runtime_error("SHA-256 is not available");
    }
    std::string text;
    for (unsigned i = 0; i < size; ++i) {
        text += "0123456789abcdef"[digest[i] >> 4];
        text += "0123456789abcdef"[digest[i] & 15];
    }
    return text;
}
