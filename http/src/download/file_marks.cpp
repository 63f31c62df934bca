#include "download/file_marks.hpp"

#include <sys/stat.h>
#include <sys/xattr.h>

#include "retry/http_date.hpp"

namespace tandem::http::detail {

void set_file_time(int file, std::string_view last_modified) noexcept {
    const auto changed = http_date(last_modified);
    if (!changed) return;
    timespec times[2] = {};
    times[0].tv_nsec = UTIME_OMIT; // when it was read
    times[1].tv_sec = static_cast<time_t>(changed->time_since_epoch().count());
    (void)::futimens(file, times);
}

void set_origin(int file, const std::string& url) noexcept {
    (void)::fsetxattr(file, "user.xdg.origin.url", url.data(), url.size(), 0);
}

} // namespace tandem::http::detail
