#include "decode/content_decoder.hpp"

#include <algorithm>

namespace tandem::http::detail {

namespace {

constexpr std::size_t between_layers = 16 * 1024;
constexpr std::size_t work_in_one_go = 1024 * 1024;
constexpr std::uint64_t most_between_layers = 1024 * 1024 * 1024;

std::unique_ptr<layer> make_layer(std::string_view coding) {
    if (coding == "gzip" || coding == "x-gzip") return make_gzip_layer();
    if (coding == "deflate") return make_deflate_layer();
    if (coding == "br") return make_brotli_layer();
    if (coding == "zstd") return make_zstd_layer();
    return nullptr;
}

} // namespace

layer::~layer() = default;

std::vector<std::string> codings_of(const headers& fields) {
    std::vector<std::string> codings;
    std::string coding;
    auto end_element = [&] {
        if (!coding.empty() && coding != "identity") codings.push_back(coding);
        coding.clear();
    };
    for (const auto& [name, value] : fields) {
        if (!equal_ignoring_case(name, "Content-Encoding")) continue;
        for (const char c : value) {
            if (c == ',')
                end_element();
            else if (c != ' ' && c != '\t')
                coding += c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
        }
        end_element();
    }
    return codings;
}

std::unique_ptr<content_decoder> content_decoder::make(const std::vector<std::string>& codings) {
    auto made = std::make_unique<content_decoder>();
    for (auto coding = codings.rbegin(); coding != codings.rend(); ++coding) {
        auto decoder = make_layer(*coding);
        if (!decoder) return nullptr;
        made->stages_.emplace_back().decoder = std::move(decoder);
    }
    if (made->stages_.empty()) return nullptr;
    return made;
}

std::size_t content_decoder::decode(std::span<char> room) {
    if (is_done() || !trouble_.empty()) return 0;
    needs_input_ = false;
    budget_ = work_in_one_go;
    return pull(stages_.size() - 1, room);
}

/// What the stage `index` gives, with what the stages before it have to give for that.
std::size_t content_decoder::pull(std::size_t index, std::span<char> room) {
    auto& here = stages_[index];
    for (;;) {
        const std::size_t made = here.decoder->decode(here.in, room);
        if (here.decoder->trouble()) {
            fail(fault::malformed, "the body is not valid " + std::string(here.decoder->name()) + ": " +
                                       here.decoder->trouble());
            return 0;
        }
        if (made > 0) {
            const bool is_last = index + 1 == stages_.size();
            const auto most = is_last ? limit_ : std::min(limit_, most_between_layers);
            here.given += made;
            if (here.given <= most) return made;
            fail(fault::too_large, "the decoded body is larger than " + std::to_string(most) + " bytes");
            return 0;
        }
        if (here.is_closed) {
            here.is_done = here.decoder->is_complete();
            if (!here.is_done)
                fail(fault::truncated, "the body is incomplete: its " + std::string(here.decoder->name()) +
                                           " data end too soon");
            return 0;
        }
        if (!refill(index)) return 0;
    }
}

/// Gives the stage `index`, which has used up its input, more of it. Returns false where there is none yet.
bool content_decoder::refill(std::size_t index) {
    if (index == 0) {
        needs_input_ = true;
        return false;
    }
    if (budget_ == 0) return false;
    auto& here = stages_[index];
    if (!here.buffer) here.buffer = std::make_unique_for_overwrite<char[]>(between_layers);
    const std::size_t made = pull(index - 1, {here.buffer.get(), between_layers});
    budget_ -= std::min(budget_, made);
    here.in = {here.buffer.get(), made};
    here.is_closed = stages_[index - 1].is_done;
    return made > 0 || here.is_closed;
}

void content_decoder::fail(fault kind, std::string why) {
    fault_ = kind;
    trouble_ = std::move(why);
}

} // namespace tandem::http::detail
