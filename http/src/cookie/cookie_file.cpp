#include "cookie_file.hpp"

#include <array>
#include <cerrno>
#include <charconv>
#include <stdexcept>
#include <system_error>

#include <fcntl.h>
#include <unistd.h>

#include <tandem/base/log.hpp>
#include <tandem/http/headers.hpp>

#include "set_cookie.hpp"
#include "whole_file.hpp"

namespace tandem::http::detail {

namespace {

constexpr std::string_view http_only_mark = "#HttpOnly_";

[[noreturn]] void fail(const std::string& file, int code) {
    throw std::system_error(code, std::generic_category(), file);
}

/// A file beside `target` that is removed unless it is put in its place.
class replacement {
  public:
    explicit replacement(const std::string& target)
        : target_(target)
        , temporary_(target + ".XXXXXX")
        , file_(::mkostemp(temporary_.data(), O_CLOEXEC)) { // with mode 0600
        if (file_ < 0) fail(target_, errno);
    }
    replacement(const replacement&) = delete;
    replacement& operator=(const replacement&) = delete;
    ~replacement() {
        if (file_ < 0) return;
        ::close(file_);
        ::unlink(temporary_.c_str());
    }

    void write(std::string_view text) {
        while (!text.empty()) {
            const auto count = ::write(file_, text.data(), text.size());
            if (count < 0 && errno != EINTR) fail(target_, errno);
            if (count > 0) text.remove_prefix(static_cast<std::size_t>(count));
        }
    }

    void publish() {
        if (::fsync(file_) != 0 && errno != EINVAL) fail(target_, errno);
        if (::rename(temporary_.c_str(), target_.c_str()) != 0) fail(target_, errno);
        ::close(file_);
        file_ = -1;
    }

  private:
    const std::string& target_;
    std::string temporary_;
    int file_;
};

} // namespace

std::optional<cookie> parse_cookie_line(std::string_view line) {
    cookie made;
    made.http_only = line.starts_with(http_only_mark);
    if (made.http_only) line.remove_prefix(http_only_mark.size());
    if (line.starts_with('#')) return std::nullopt;

    std::array<std::string_view, 7> fields;
    std::size_t count = 0;
    for (bool goes_on = true; goes_on; ++count) {
        if (count == fields.size()) return std::nullopt;
        const auto tab = line.find('\t');
        fields[count] = line.substr(0, tab);
        goes_on = tab != line.npos;
        if (goes_on) line.remove_prefix(tab + 1);
    }
    if (count < 6) return std::nullopt; // an empty value may be missing with its tab

    auto domain = fields[0];
    if (domain.starts_with('.')) domain.remove_prefix(1);
    made.domain = in_lower_case(domain);
    made.host_only = !equal_ignoring_case(fields[1], "TRUE");
    made.path = fields[2];
    made.secure = equal_ignoring_case(fields[3], "TRUE");
    std::int64_t seconds = 0;
    const auto* end = fields[4].data() + fields[4].size();
    const auto [behind, trouble] = std::from_chars(fields[4].data(), end, seconds);
    if (trouble != std::errc() || behind != end) return std::nullopt;
    if (seconds != 0) made.expires = cookie_time(std::chrono::seconds(seconds));
    made.name = fields[5];
    made.value = fields[6];
    return made;
}

std::string cookie_line(const cookie& what) {
    std::string line(what.http_only ? http_only_mark : "");
    line += (what.host_only ? "" : ".") + what.domain + '\t' + (what.host_only ? "FALSE" : "TRUE") + '\t';
    line += what.path + '\t' + (what.secure ? "TRUE" : "FALSE") + '\t';
    line += std::to_string(what.expires ? what.expires->time_since_epoch().count() : 0) + '\t';
    return line + what.name + '\t' + what.value;
}

std::size_t load_cookies(cookie_store& to, const std::string& file, session_cookies which) {
    const auto text = read_whole_file(file);
    const auto now = to.now();
    std::size_t added = 0;
    std::size_t number = 0;
    for (std::string_view rest = text; !rest.empty();) {
        ++number;
        auto line = rest.substr(0, rest.find('\n'));
        rest.remove_prefix(line.size() < rest.size() ? line.size() + 1 : line.size());
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (line.empty() || (line.starts_with('#') && !line.starts_with(http_only_mark))) continue;
        const auto where = file + ":" + std::to_string(number);
        auto made = parse_cookie_line(line);
        if (!made) {
            log(log_level::warning, where + ": is no cookie, and was passed over");
            continue;
        }
        if (made->expires && *made->expires <= now) continue;
        if (!made->expires && which == session_cookies::drop) continue;
        try {
            to.put(std::move(*made));
            ++added;
        } catch (const std::invalid_argument& refused) {
            log(log_level::warning, where + ": was passed over: " + refused.what());
        }
    }
    return added;
}

void save_cookies(const cookie_store& from, const std::string& file, session_cookies which) {
    std::string text = "# Netscape HTTP Cookie File\n"
                       "# Whoever has it may pass for the one whose cookies these are.\n\n";
    for (const auto& each : from.cookies()) {
        const auto has_a_tab = [](const std::string& part) { return part.find('\t') != part.npos; };
        const bool has_tab = has_a_tab(each.name) || has_a_tab(each.value) || has_a_tab(each.path);
        // The format has no way to write a tab.
        if (has_tab || (!each.expires && which == session_cookies::drop)) continue;
        text += cookie_line(each) + '\n';
    }
    replacement next(file);
    next.write(text);
    next.publish();
}

} // namespace tandem::http::detail
