#include "download/continuation.hpp"

#include <algorithm>
#include <string_view>

namespace {

using std::string_view;

/// One word for a POSIX shell.
std::string shell_word(string_view text) {
    const auto is_plain = [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
               string_view("-_./:@%+=,").find(c) != string_view::npos;
    };
    if (!text.empty() && std::all_of(text.begin(), text.end(), is_plain)) return std::string(text);
    std::string word = "'";
    for (const char c : text)
        word += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return word + "'";
}

/// Whether `word` is one of these options, so that the next word is its value.
bool is_option(string_view word, std::initializer_list<string_view> names) {
    return std::find(names.begin(), names.end(), word) != names.end();
}

/// `user:***` of `user:password`.
std::string without_password(string_view login) {
    const auto colon = login.find(':');
    return colon == login.npos ? "***" : std::string(login.substr(0, colon)) + ":***";
}

/// A URL without the user name and password in it.
std::string without_login(string_view link) {
    const auto begin = link.find("//");
    if (begin == link.npos) return std::string(link);
    const auto host_end = std::min(link.find_first_of("/?#", begin + 2), link.size());
    const auto at = link.substr(0, host_end).rfind('@');
    if (at == link.npos || at < begin) return std::string(link);
    return std::string(link.substr(0, begin + 2)) + "***" + std::string(link.substr(at));
}

/// The value of `option` as others may read it.
std::string shown(string_view option, const std::string& value) {
    if (is_option(option, {"-u", "--user", "-U", "--proxy-user"})) return without_password(value);
    if (option == "--oauth2-bearer") return "***";
    if (is_option(option, {"-b", "--cookie"})) return value.find('=') == value.npos ? value : "***";
    if (is_option(option, {"-H", "--header", "--proxy-header"}) && !value.starts_with('@'))
        return value.substr(0, std::min(value.find(':'), value.size())) + ": ***";
    return without_login(value);
}

/// One that has its value in the same word, as -ume:secret and --user=me:secret.
std::string shown_joined(const std::string& word) {
    if (const auto mark = word.find('='); word.starts_with("--") && mark != word.npos)
        return word.substr(0, mark + 1) + shown(word.substr(0, mark), word.substr(mark + 1));
    if (word.size() > 2 && word[0] == '-' && string_view("uUbH").find(word[1]) != string_view::npos)
        return word.substr(0, 2) + shown(word.substr(0, 2), word.substr(2));
    return without_login(word);
}

} // namespace

std::string command_to_continue(const get_options& chosen) {
    std::string line = "tandem-get";
    if (chosen.output.existing == tandem::http::if_exists::fail) line += " --skip-existing";
    string_view before;
    for (const auto& word : chosen.words) {
        const bool is_value = before.starts_with('-') && !word.starts_with("--");
        line += ' ' + shell_word(is_value ? shown(before, word) : shown_joined(word));
        before = word;
    }
    return line;
}
