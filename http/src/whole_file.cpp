#include "whole_file.hpp"

#include <cerrno>
#include <system_error>

#include <fcntl.h>
#include <unistd.h>

namespace tandem::http::detail {

std::string read_whole_file(const std::string& path) {
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    std::string text;
    int trouble = file < 0 ? errno : 0;
    while (trouble == 0) {
        char piece[16 * 1024];
        const auto count = ::read(file, piece, sizeof piece);
        if (count == 0) break;
        if (count > 0)
            text.append(piece, static_cast<std::size_t>(count));
        else if (errno != EINTR)
            trouble = errno;
    }
    if (file >= 0) ::close(file);
    if (trouble != 0) throw std::system_error(trouble, std::generic_category(), path);
    return text;
}

} // namespace tandem::http::detail
