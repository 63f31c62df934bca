#include "thumbnail/thumbnail.hpp"

#include "thumbnail/image.hpp"
#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <system_error>
#include <unistd.h>

namespace imaging {

extent fit(extent source, int edge) {
    int longer = std::max(source.width, source.height);
    if (longer <= edge) return source;
    auto scaled = [&](long side) {
        return std::max(1, static_cast<int>((side * edge + longer / 2) / longer));
    };
    return {scaled(source.width), scaled(source.height)};
}

void check_size(long width, long height) {
    if (width < 1 || height < 1) throw bad_image("an image without pixels");
    if (width > max_thumbnail_pixels / height) {
        throw bad_image(std::to_string(width) + " x " + std::to_string(height) +
                        " pixels are over the limit of " + std::to_string(max_thumbnail_pixels / 1'000'000) +
                        " million");
    }
}

} // namespace imaging

namespace {

constexpr int jpeg_quality = 85;

[[noreturn]] void fail(const std::string& file) {
    throw std::system_error(errno, std::generic_category(), file);
}

/// A descriptor that closes itself.
class descriptor {
  public:
    explicit descriptor(int fd)
        : fd_(fd) {}
    ~descriptor() {
        if (fd_ >= 0) ::close(fd_);
    }
    descriptor(const descriptor&) = delete;
    descriptor& operator=(const descriptor&) = delete;

    explicit operator bool() const { return fd_ >= 0; }
    int get() const { return fd_; }

  private:
    int fd_;
};

imaging::bytes read_file(const std::string& file) {
    descriptor in(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
    if (!in) fail(file);
    imaging::bytes content;
    for (std::size_t filled = 0;;) {
        content.resize(filled + (1 << 18));
        auto n = ::read(in.get(), content.data() + filled, content.size() - filled);
        if (n < 0 && errno == EINTR)
            n = 0;
        else if (n < 0)
            fail(file);
        else if (n == 0) {
            content.resize(filled);
            return content;
        }
        filled += static_cast<std::size_t>(n);
    }
}

/// A file under a name of its own, until publish() gives it its final one.
class temporary_file {
  public:
    explicit temporary_file(std::string target)
        : target_(std::move(target))
        , name_(target_ + "." + std::to_string(::getpid()) + "." + std::to_string(next_++) + ".part")
        , out_(::open(name_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666)) {
        if (!out_) fail(target_);
    }
    ~temporary_file() {
        if (!published_) ::unlink(name_.c_str());
    }
    temporary_file(const temporary_file&) = delete;
    temporary_file& operator=(const temporary_file&) = delete;

    void write(std::span<const unsigned char> content) {
        while (!content.empty()) {
            auto n = ::write(out_.get(), content.data(), content.size());
            if (n < 0 && errno != EINTR) fail(target_);
            if (n > 0) content = content.subspan(static_cast<std::size_t>(n));
        }
    }

    void publish() {
        if (std::rename(name_.c_str(), target_.c_str()) != 0) fail(target_);
        published_ = true;
    }

  private:
    static inline std::atomic<unsigned> next_ = 0;
    std::string target_;
    std::string name_;
    descriptor out_;
    bool published_ = false;
};

std::string thumbnail_name(const std::string& file) {
    auto name = file.find_last_of('/') + 1; // npos + 1 is 0
    auto dot = file.find_last_of('.');
    if (dot == std::string::npos || dot <= name) dot = file.size();
    return file.substr(0, dot) + "_thumbnail" + file.substr(dot);
}

} // namespace

thumbnail make_thumbnail(std::string file, int edge) {
    if (edge < 1) throw std::invalid_argument(file + ": a thumbnail needs an edge of at least 1 pixel");
    auto content = read_file(file);
    try {
        bool jpeg = imaging::is_jpeg(content);
        if (!jpeg && !imaging::is_png(content)) throw imaging::bad_image("neither a JPEG nor a PNG image");

        auto picture = jpeg ? imaging::decode_jpeg(content, edge) : imaging::decode_png(content);
        auto size = imaging::fit({picture.width, picture.height}, edge);
        auto small = imaging::resize(picture, size);

        temporary_file out(thumbnail_name(file));
        out.write(jpeg ? imaging::encode_jpeg(small, jpeg_quality) : imaging::encode_png(small));
        out.publish();
        return {thumbnail_name(file), size.width, size.height};
    } catch (const imaging::bad_image& error) {
        // A type of the standard's, which a process pool carries home as it is.
        throw std::runtime_error(file + ": " + error.what());
    }
}
