#include "download/standard_input.hpp"

#include <cerrno>
#include <system_error>
#include <unistd.h>

#include <tandem/io/file.hpp>

tandem::stream<std::string> standard_input() {
    const int own = ::dup(STDIN_FILENO);
    if (own < 0) throw std::system_error(errno, std::generic_category(), "standard input");
    auto in = tandem::file::adopt(own, "standard input");
    std::string room(64 * 1024, '\0');
    while (const auto got = co_await in.read_some({room.data(), room.size()}))
        co_yield room.substr(0, got);
}
