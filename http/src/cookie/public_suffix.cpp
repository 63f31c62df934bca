#include "public_suffix.hpp"

#include <memory>

#include <libpsl.h>

namespace tandem::http::detail {

namespace {

const psl_ctx_t* known_suffixes() noexcept {
    // The distribution's list may be newer than the one that is built in.
    static const std::unique_ptr<psl_ctx_t, void (*)(psl_ctx_t*)> newest(psl_latest(nullptr), psl_free);
    return newest ? newest.get() : psl_builtin();
}

} // namespace

bool is_public_suffix(const std::string& domain) noexcept {
    return psl_is_public_suffix2(known_suffixes(), domain.c_str(), PSL_TYPE_ANY) != 0;
}

} // namespace tandem::http::detail
