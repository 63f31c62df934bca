// The files of bench-download's floors.
#pragma once
#include <cerrno>
#include <cstdio>
#include <string>
#include <string_view>
#include <system_error>

#include <fcntl.h>
#include <unistd.h>

namespace bench_floor {

inline void check(bool is_good, const std::string& what) {
    if (!is_good) throw std::system_error(errno, std::generic_category(), what);
}

/// A file that is written as NAME.part and renamed in the end, or at once under its name.
class saved_file {
  public:
    saved_file(std::string name, bool with_part)
        : name_(std::move(name))
        , opened_(with_part ? name_ + ".part" : name_)
        , descriptor_(::open(opened_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666)) {
        check(descriptor_ >= 0, opened_);
    }
    saved_file(const saved_file&) = delete;
    saved_file& operator=(const saved_file&) = delete;
    ~saved_file() {
        if (descriptor_ >= 0) ::close(descriptor_);
    }

    int descriptor() const { return descriptor_; }

    void write(std::string_view bytes) {
        while (!bytes.empty()) {
            const auto count = ::write(descriptor_, bytes.data(), bytes.size());
            check(count >= 0, opened_);
            bytes.remove_prefix(static_cast<std::size_t>(count));
        }
    }

    void finish() {
        ::close(descriptor_);
        descriptor_ = -1;
        if (opened_ != name_) check(std::rename(opened_.c_str(), name_.c_str()) == 0, name_);
    }

  private:
    std::string name_;
    std::string opened_;
    int descriptor_;
};

} // namespace bench_floor
