#include "download/fingerprint.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <string>

#include <openssl/core_names.h>
#include <openssl/evp.h>

using tandem::http::detail::fingerprint;
using tandem::http::detail::fingerprinter;

namespace {

constexpr std::array<std::uint64_t, 2> key{0x0706050403020100, 0x0f0e0d0c0b0a0908};

/// What OpenSSL makes of it with the key that has the bytes 0 to 15.
fingerprinter::hash reference(const std::string& text) {
    const std::unique_ptr<EVP_MAC, void (*)(EVP_MAC*)> algorithm(EVP_MAC_fetch(nullptr, "SIPHASH", nullptr),
                                                                 EVP_MAC_free);
    const std::unique_ptr<EVP_MAC_CTX, void (*)(EVP_MAC_CTX*)> context(EVP_MAC_CTX_new(algorithm.get()),
                                                                       EVP_MAC_CTX_free);
    unsigned char bytes[16];
    for (unsigned char i = 0; i < sizeof bytes; ++i)
        bytes[i] = i;
    std::size_t size = sizeof bytes;
    const OSSL_PARAM wide[] = {OSSL_PARAM_construct_size_t(OSSL_MAC_PARAM_SIZE, &size), OSSL_PARAM_END};
    REQUIRE(EVP_MAC_init(context.get(), bytes, sizeof bytes, wide) == 1);
    REQUIRE(EVP_MAC_update(context.get(), reinterpret_cast<const unsigned char*>(text.data()), text.size()) ==
            1);
    REQUIRE(EVP_MAC_final(context.get(), bytes, &size, sizeof bytes) == 1);
    fingerprinter::hash made;
    std::memcpy(made.data(), bytes, sizeof made); // this machine's order is SipHash's
    return made;
}

} // namespace

TEST_CASE("fingerprints are of SipHash-2-4 as OpenSSL has it, for texts of each length") {
    const fingerprinter prints(key);
    std::string text;
    for (int length = 0; length < 600; ++length) { // past 255, of which only the last byte counts
        INFO(length);
        CHECK(prints.hash_of(text) == reference(text));
        text.push_back(static_cast<char>(length * 37));
    }
}

TEST_CASE("a fingerprint is the beginning of the hash, and never the one that stands for none") {
    const fingerprinter prints(key);
    const auto hash = prints.hash_of("https://example.org/");
    const auto made = prints.of("https://example.org/");
    CHECK((std::uint64_t{made[0]} << 32 | made[1]) == hash[0]);
    CHECK(made[2] == static_cast<std::uint32_t>(hash[1]));
    CHECK(made != fingerprint{});
}

TEST_CASE("each fingerprinter has a key of its own") {
    CHECK(fingerprinter().of("a") != fingerprinter().of("a"));
}
