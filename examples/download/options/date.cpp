#include "download/options/date.hpp"

#include <ctime>
#include <optional>
#include <stdexcept>
#include <sys/stat.h>

namespace {

std::optional<std::time_t> read_date(const std::string& text) {
    // %z reads "+02:00", "+0200" and "Z".
    constexpr const char* forms[] = {
        "%a, %d %b %Y %H:%M:%S GMT",
        "%A, %d-%b-%y %H:%M:%S GMT",
        "%a %b %d %H:%M:%S %Y",
        "%a, %d %b %Y %H:%M:%S %z",
        "%d %b %Y %H:%M:%S GMT",
        "%d %b %Y %H:%M:%S %z",
        "%d %b %Y %H:%M:%S",
        "%d %b %Y",
        "%Y-%m-%dT%H:%M:%S%z",
        "%Y-%m-%dT%H:%M:%S",
        "%Y-%m-%d %H:%M:%S %z",
        "%Y-%m-%d %H:%M:%S",
        "%Y-%m-%d %H:%M",
        "%Y-%m-%d",
        "%Y%m%d %H:%M:%S",
        "%Y%m%d",
    };
    for (const char* form : forms) {
        std::tm parts{};
        const char* end = ::strptime(text.c_str(), form, &parts);
        if (!end || *end != '\0') continue;
        const auto offset = parts.tm_gmtoff;
        return ::timegm(&parts) - offset;
    }
    return std::nullopt;
}

} // namespace

std::string http_date_of(const std::string& text) {
    auto when = read_date(text);
    struct stat file {};
    if (!when && ::stat(text.c_str(), &file) == 0) when = file.st_mtime;
    if (!when) throw std::invalid_argument("'" + text + "' is neither a date, as 2024-02-29, nor a file");
    std::tm parts{};
    ::gmtime_r(&*when, &parts);
    char written[64];
    std::strftime(written, sizeof written, "%a, %d %b %Y %H:%M:%S GMT", &parts);
    return written;
}
