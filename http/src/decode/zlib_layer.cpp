#include "decode/layer.hpp"

#include <array>
#include <cstdint>
#include <new>

#include <zlib.h>

namespace tandem::http::detail {

namespace {

/// What gzip and deflate have in common. Their first two bytes decide what follows them.
class zlib_layer : public layer {
  public:
    ~zlib_layer() override {
        if (is_open_) inflateEnd(&stream_);
    }

    std::size_t decode(std::string_view& in, std::span<char> out) override {
        for (;;) {
            if (state_ == state::garbage) {
                in = {};
                return 0;
            }
            if (state_ == state::first_bytes) {
                if (in.empty()) return 0;
                first_[first_size_++] = in.front();
                in.remove_prefix(1);
                judge({first_.data(), first_size_});
            } else if (first_used_ < first_size_) {
                std::string_view first(first_.data() + first_used_, first_size_ - first_used_);
                const std::size_t made = inflate_some(first, out);
                first_used_ = first_size_ - first.size();
                if (made > 0) return made;
            } else {
                const std::size_t made = inflate_some(in, out);
                if (made > 0 || in.empty()) return made;
            }
            if (trouble()) return 0;
        }
    }

    bool is_complete() const noexcept override {
        return state_ == state::garbage || (state_ == state::first_bytes && (has_ended_ || first_size_ == 0));
    }

  protected:
    /// Looks at the first one or two bytes of the data, or of what follows the end of the data.
    virtual void judge(std::string_view first) = 0;
    virtual void at_end() = 0;

    /// What comes next are data in the format that `window_bits` means to zlib, the first bytes included.
    void begin(int window_bits) {
        const int done =
            is_open_ ? inflateReset2(&stream_, window_bits) : inflateInit2(&stream_, window_bits);
        if (done != Z_OK) throw std::bad_alloc();
        is_open_ = true;
        first_used_ = 0;
        state_ = state::data;
    }
    void expect_first_bytes() noexcept {
        first_size_ = first_used_ = 0;
        state_ = state::first_bytes;
    }
    void ignore_rest() noexcept { state_ = state::garbage; }
    bool has_ended() const noexcept { return has_ended_; }

  private:
    enum class state { first_bytes, data, garbage };

    std::size_t inflate_some(std::string_view& in, std::span<char> out) {
        stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(in.data()));
        stream_.avail_in = static_cast<uInt>(in.size());
        stream_.next_out = reinterpret_cast<Bytef*>(out.data());
        stream_.avail_out = static_cast<uInt>(out.size());
        const int done = inflate(&stream_, Z_NO_FLUSH);
        in.remove_prefix(in.size() - stream_.avail_in);
        const std::size_t made = out.size() - stream_.avail_out;
        if (done == Z_STREAM_END) {
            has_ended_ = true;
            at_end();
        } else if (done == Z_MEM_ERROR) {
            throw std::bad_alloc();
        } else if (done != Z_OK && done != Z_BUF_ERROR) {
            refuse(stream_.msg ? stream_.msg : "a preset dictionary is asked for");
        }
        return made;
    }

    z_stream stream_{};
    bool is_open_ = false;
    bool has_ended_ = false;
    state state_ = state::first_bytes;
    std::array<char, 2> first_{};
    std::size_t first_size_ = 0;
    std::size_t first_used_ = 0;
};

constexpr int raw_window = -MAX_WBITS;
constexpr int zlib_window = MAX_WBITS;
constexpr int gzip_window = MAX_WBITS + 16;

class gzip_layer final : public zlib_layer {
  public:
    const char* name() const noexcept override { return "gzip"; }

  private:
    void judge(std::string_view first) override {
        constexpr std::string_view magic = "\x1f\x8b";
        const bool fits = magic.starts_with(first);
        if (!fits && has_ended())
            ignore_rest();
        else if (!fits)
            refuse("incorrect header check");
        else if (first.size() == magic.size())
            begin(gzip_window);
    }
    void at_end() override { expect_first_bytes(); }
};

class deflate_layer final : public zlib_layer {
  public:
    const char* name() const noexcept override { return "deflate"; }

  private:
    void judge(std::string_view first) override {
        constexpr unsigned deflate_method = 8;
        const auto low = static_cast<std::uint8_t>(first.front());
        if ((low & 0x0f) != deflate_method) return begin(raw_window);
        if (first.size() < 2) return;
        const unsigned both = low * 256u + static_cast<std::uint8_t>(first.back());
        begin(both % 31 == 0 ? zlib_window : raw_window);
    }
    void at_end() override { ignore_rest(); }
};

} // namespace

std::unique_ptr<layer> make_gzip_layer() {
    return std::make_unique<gzip_layer>();
}

std::unique_ptr<layer> make_deflate_layer() {
    return std::make_unique<deflate_layer>();
}

} // namespace tandem::http::detail
