#include "decode/layer.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <new>

#include <zstd.h>

namespace tandem::http::detail {

namespace {

class zstd_layer final : public layer {
  public:
    zstd_layer()
        : stream_(ZSTD_createDStream()) {
        if (!stream_) throw std::bad_alloc();
        // RFC 9659: a server may not ask for more, and a hostile one for no more than this.
        constexpr int largest_window_log = 23;
        ZSTD_DCtx_setParameter(stream_, ZSTD_d_windowLogMax, largest_window_log);
    }
    ~zstd_layer() override { ZSTD_freeDStream(stream_); }

    std::size_t decode(std::string_view& in, std::span<char> out) override {
        while (!is_garbage_) {
            if (!goes_on_as_frame(in)) {
                is_garbage_ = has_ended_;
                if (!has_ended_) refuse("no frame begins with these bytes");
                break;
            }
            ZSTD_inBuffer from{in.data(), in.size(), 0};
            ZSTD_outBuffer to{out.data(), out.size(), 0};
            const std::size_t hint = ZSTD_decompressStream(stream_, &to, &from);
            if (ZSTD_isError(hint)) {
                refuse(ZSTD_getErrorName(hint));
                return 0;
            }
            keep_header(in.substr(0, from.pos));
            in.remove_prefix(from.pos);
            frame_bytes_ += from.pos;
            frame_made_ += to.pos;
            if (hint == 0 && frame_bytes_ > 0) {
                if (!has_declared_size()) {
                    refuse("a frame has not the size that its header declares");
                    return 0;
                }
                has_ended_ = true;
                frame_bytes_ = 0;
                frame_made_ = 0;
            }
            if (to.pos > 0 || in.empty()) return to.pos;
        }
        in = {};
        return 0;
    }

    bool is_complete() const noexcept override {
        // Fewer bytes than a frame's mark behind the last frame are no frame that has begun.
        return is_garbage_ || frame_bytes_ == 0 || (has_ended_ && frame_bytes_ < mark.size());
    }
    const char* name() const noexcept override { return "zstd"; }

  private:
    static constexpr std::string_view mark = "\x28\xb5\x2f\xfd";
    /// Of a frame to be skipped: its first byte's upper half is a 5, and these follow.
    static constexpr std::string_view rest_of_skippable_mark = "\x2a\x4d\x18";

    /// Whether `in` goes on with a frame, or with what begins one (RFC 8878 section 3.1). The library may
    /// know formats of old as well, with windows of 128 MiB.
    bool goes_on_as_frame(std::string_view in) const noexcept {
        if (in.empty() || frame_bytes_ >= mark.size()) return true;
        std::array<char, mark.size()> bytes{};
        const auto size = std::min(frame_bytes_ + in.size(), mark.size());
        std::copy_n(header_.begin(), frame_bytes_, bytes.begin());
        std::copy_n(in.begin(), size - frame_bytes_, bytes.begin() + frame_bytes_);
        const std::string_view begun(bytes.data(), size);
        return mark.starts_with(begun) ||
               ((begun[0] & 0xf0) == 0x50 && rest_of_skippable_mark.starts_with(begun.substr(1)));
    }

    void keep_header(std::string_view taken) noexcept {
        if (taken.empty() || frame_bytes_ >= header_.size()) return;
        const auto size = std::min(taken.size(), header_.size() - frame_bytes_);
        std::memcpy(header_.data() + frame_bytes_, taken.data(), size);
    }

    /// At a frame's end. The library looks at its size only where its last block is not empty.
    bool has_declared_size() const noexcept {
        const auto declared =
            ZSTD_getFrameContentSize(header_.data(), std::min(frame_bytes_, header_.size()));
        return declared == ZSTD_CONTENTSIZE_UNKNOWN || declared == frame_made_;
    }

    ZSTD_DStream* stream_;
    /// Taken, and given, since the last frame ended.
    std::size_t frame_bytes_ = 0;
    unsigned long long frame_made_ = 0;
    /// The first of the bytes taken: the longest header that a frame can have (RFC 8878 section 3.1.1.1).
    std::array<char, 18> header_{};
    bool has_ended_ = false;
    bool is_garbage_ = false;
};

} // namespace

std::unique_ptr<layer> make_zstd_layer() {
    return std::make_unique<zstd_layer>();
}

} // namespace tandem::http::detail
