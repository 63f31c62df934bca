#include <tandem/http/netrc.hpp>

#include <cstdlib>
#include <optional>
#include <system_error>

#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <tandem/base/log.hpp>
#include <tandem/http/headers.hpp>

#include "whole_file.hpp"

namespace tandem::http {

namespace {

/// Takes a file apart into words, and knows on which line it is.
class word_reader {
  public:
    word_reader(std::string_view text, std::string_view file) noexcept
        : rest_(text)
        , file_(file) {}

    /// The next word where a keyword may stand; nothing at the end.
    std::optional<std::string> keyword() {
        for (;;) {
            skip_blanks();
            if (rest_.empty()) return std::nullopt;
            if (rest_.front() != '#') return word();
            skip_line();
        }
    }

    /// The value that has to follow `what`.
    std::string value(std::string_view what) {
        const auto line = line_;
        bool is_new_line = skip_blanks();
        // On a line of its own it would be a comment to all who read such files.
        while (is_new_line && !rest_.empty() && rest_.front() == '#') {
            skip_line();
            is_new_line = skip_blanks();
        }
        if (rest_.empty()) throw netrc_error(file_, line, "nothing follows '" + std::string(what) + "'");
        return word();
    }

    /// Goes behind the next empty line.
    void skip_macro() {
        skip_line();
        while (!rest_.empty()) {
            const auto line = rest_.substr(0, rest_.find('\n'));
            skip_line();
            if (line.empty() || line == "\r") return;
        }
    }

    [[noreturn]] void fail(std::string_view cause) const { throw netrc_error(file_, word_line_, cause); }

  private:
    /// Returns whether a line began.
    bool skip_blanks() noexcept {
        const auto before = line_;
        while (!rest_.empty() && std::string_view(" \t\r\n\f\v").find(rest_.front()) != rest_.npos)
            take();
        return line_ != before;
    }

    void skip_line() noexcept {
        while (!rest_.empty() && take() != '\n')
            ;
    }

    char take() noexcept {
        const char c = rest_.front();
        rest_.remove_prefix(1);
        if (c == '\n') ++line_;
        return c;
    }

    std::string word() {
        word_line_ = line_;
        std::string text;
        if (rest_.front() == '"') return quoted();
        while (!rest_.empty() && std::string_view(" \t\r\n\f\v").find(rest_.front()) == rest_.npos)
            text += take();
        return text;
    }

    std::string quoted() {
        std::string text;
        take();
        while (!rest_.empty() && rest_.front() != '\n') {
            char c = take();
            if (c == '"') return text;
            if (c == '\\' && !rest_.empty() && rest_.front() != '\n') c = escaped(take());
            text += c;
        }
        fail("a quote does not end");
    }

    static char escaped(char c) noexcept {
        switch (c) {
        case 'n':
            return '\n';
        case 'r':
            return '\r';
        case 't':
            return '\t';
        default:
            return c;
        }
    }

    std::string_view rest_;
    std::string_view file_;
    std::size_t line_ = 1;
    std::size_t word_line_ = 1;
};

std::string in_lower_case(std::string text) {
    for (char& c : text)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
    return text;
}

std::string* field_of(netrc_entry& entry, std::string_view keyword) noexcept {
    if (equal_ignoring_case(keyword, "login")) return &entry.login;
    if (equal_ignoring_case(keyword, "password")) return &entry.password;
    if (equal_ignoring_case(keyword, "account")) return &entry.account;
    return nullptr;
}

std::string home_folder() {
    const char* named = std::getenv("HOME");
    if (named && *named) return named;
    const passwd* user = ::getpwuid(::getuid());
    return user ? user->pw_dir : "";
}

} // namespace

netrc_error::netrc_error(std::string_view file, std::size_t line, std::string_view cause)
    : std::runtime_error(std::string(file) + (line > 0 ? ":" + std::to_string(line) : "") + ": " +
                         std::string(cause))
    , file_(file)
    , line_(line) {}

netrc netrc::parse(std::string_view text, std::string_view file) {
    netrc made;
    word_reader in(text, file);
    bool has_default = false;
    while (auto keyword = in.keyword()) {
        if (equal_ignoring_case(*keyword, "machine")) {
            auto host = in_lower_case(in.value("machine"));
            if (host.empty()) in.fail("a machine has no name");
            made.entries_.emplace_back().host = std::move(host);
        } else if (equal_ignoring_case(*keyword, "default")) {
            if (has_default) in.fail("a second 'default'");
            has_default = true;
            made.entries_.emplace_back();
        } else if (equal_ignoring_case(*keyword, "macdef")) {
            in.value("macdef");
            in.skip_macro();
        } else {
            netrc_entry none;
            if (!field_of(none, *keyword))
                in.fail("a word that is none of machine, default, login, password, account, macdef");
            if (made.entries_.empty()) in.fail("'" + *keyword + "' stands before any machine");
            auto value = in.value(*keyword);
            *field_of(made.entries_.back(), *keyword) = std::move(value);
        }
    }
    return made;
}

netrc netrc::read(const std::string& path) {
    std::string text;
    try {
        text = detail::read_whole_file(path);
    } catch (const std::system_error& failure) {
        throw netrc_error(path, 0, failure.code().message());
    }
    auto made = parse(text, path);
    struct stat about {};
    bool has_password = false;
    for (const auto& each : made.entries_)
        has_password = has_password || !each.password.empty();
    if (has_password && ::stat(path.c_str(), &about) == 0 && (about.st_mode & (S_IRWXG | S_IRWXO)) != 0)
        log(log_level::warning, path + ": others may read the passwords in it (chmod 600 ends that)");
    return made;
}

netrc netrc::read_usual() {
    const char* named = std::getenv("NETRC");
    if (named && *named) return read(named);
    const auto home = home_folder();
    const auto path = home + "/.netrc";
    if (home.empty() || ::access(path.c_str(), F_OK) != 0) return netrc();
    return read(path);
}

const netrc_entry* netrc::find(std::string_view host, std::string_view login) const noexcept {
    const netrc_entry* fallback = nullptr;
    for (const auto& each : entries_) {
        if (!login.empty() && each.login != login) continue;
        if (each.host.empty())
            fallback = &each;
        else if (equal_ignoring_case(each.host, host))
            return &each;
    }
    return fallback;
}

} // namespace tandem::http
