#include "decode/layer.hpp"

#include <cstdint>
#include <new>

#include <brotli/decode.h>

namespace tandem::http::detail {

namespace {

class brotli_layer final : public layer {
  public:
    brotli_layer()
        : state_(BrotliDecoderCreateInstance(nullptr, nullptr, nullptr)) {
        if (!state_) throw std::bad_alloc();
    }
    ~brotli_layer() override { BrotliDecoderDestroyInstance(state_); }

    std::size_t decode(std::string_view& in, std::span<char> out) override {
        has_begun_ |= !in.empty();
        if (has_ended_) {
            in = {};
            return 0;
        }
        auto* next_in = reinterpret_cast<const std::uint8_t*>(in.data());
        std::size_t in_left = in.size();
        auto* next_out = reinterpret_cast<std::uint8_t*>(out.data());
        std::size_t out_left = out.size();
        const auto done =
            BrotliDecoderDecompressStream(state_, &in_left, &next_in, &out_left, &next_out, nullptr);
        in.remove_prefix(in.size() - in_left);
        if (done == BROTLI_DECODER_RESULT_SUCCESS) {
            has_ended_ = true;
            in = {};
        } else if (done == BROTLI_DECODER_RESULT_ERROR) {
            refuse(BrotliDecoderErrorString(BrotliDecoderGetErrorCode(state_)));
        }
        return out.size() - out_left;
    }

    bool is_complete() const noexcept override { return has_ended_ || !has_begun_; }
    const char* name() const noexcept override { return "br"; }

  private:
    BrotliDecoderState* state_;
    bool has_begun_ = false;
    bool has_ended_ = false;
};

} // namespace

std::unique_ptr<layer> make_brotli_layer() {
    return std::make_unique<brotli_layer>();
}

} // namespace tandem::http::detail
