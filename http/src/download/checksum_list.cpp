#include <tandem/http/checksum_list.hpp>

#include <algorithm>
#include <optional>
#include <system_error>

#include "checksum_name.hpp"
#include "whole_file.hpp"

namespace tandem::http {

namespace {

std::string_view last_part(std::string_view path) {
    return path.substr(path.rfind('/') + 1);
}

bool is_blank(char c) {
    return c == ' ' || c == '\t';
}

/// One line of a list, without its end.
class line_reader {
  public:
    line_reader(std::string_view text, std::string_view file, std::size_t line) noexcept
        : rest_(text)
        , file_(file)
        , line_(line) {}

    /// Nothing for a line without an entry.
    std::optional<checksum_list::entry> read() {
        while (!rest_.empty() && is_blank(rest_.front()))
            rest_.remove_prefix(1);
        if (rest_.empty() || rest_.front() == '#') return std::nullopt;
        has_escapes_ = rest_.front() == '\\';
        if (has_escapes_) rest_.remove_prefix(1);
        const auto digits = static_cast<std::size_t>(
            std::find_if_not(rest_.begin(), rest_.end(), detail::is_hex) - rest_.begin());
        if (digits == rest_.size() || is_blank(rest_[digits])) {
            if (const auto algorithm = detail::algorithm_of_length(digits)) return plain(*algorithm, digits);
        }
        return tagged();
    }

  private:
    /// A digest, a blank, a blank or an asterisk, and the name.
    checksum_list::entry plain(hash_algorithm algorithm, std::size_t digits) {
        const auto digest = rest_.substr(0, digits);
        auto name = rest_.substr(digits);
        if (!name.empty()) {
            name.remove_prefix(1);
            // Some write one blank only.
            if (!name.empty() && (is_blank(name.front()) || name.front() == '*')) name.remove_prefix(1);
            if (name.empty()) fail("a digest without a file name");
        }
        return {unescaped(name), checksum(algorithm, digest), line_};
    }

    /// An algorithm, the name in parentheses, an equals sign and the digest.
    checksum_list::entry tagged() {
        const auto open = rest_.find('(');
        const auto close = rest_.rfind(')');
        const auto equals = close == rest_.npos ? close : rest_.find_first_not_of(' ', close + 1);
        if (open == rest_.npos || equals == rest_.npos || rest_[equals] != '=' || close <= open + 1)
            fail("neither 'DIGEST  NAME' nor 'ALGORITHM (NAME) = DIGEST'");
        auto tag = rest_.substr(0, open);
        while (!tag.empty() && tag.back() == ' ')
            tag.remove_suffix(1);
        const auto algorithm = detail::algorithm_called(tag);
        if (!algorithm)
            fail("'" + std::string(tag) + "' is none of the algorithms md5, sha1, sha256 and sha512");
        auto digest = rest_.substr(equals + 1);
        while (!digest.empty() && is_blank(digest.front()))
            digest.remove_prefix(1);
        try {
            return {unescaped(rest_.substr(open + 1, close - open - 1)), checksum(*algorithm, digest), line_};
        } catch (const std::invalid_argument& wrong) {
            fail(wrong.what());
        }
    }

    std::string unescaped(std::string_view name) const {
        if (!has_escapes_) return std::string(name);
        std::string plain;
        for (std::size_t i = 0; i < name.size(); ++i) {
            if (name[i] != '\\') {
                plain += name[i];
                continue;
            }
            const char escaped = ++i < name.size() ? name[i] : '\0';
            if (escaped == '\\')
                plain += '\\';
            else if (escaped == 'n')
                plain += '\n';
            else if (escaped == 'r')
                plain += '\r';
            else
                fail("a backslash in the file name that is no escape");
        }
        return plain;
    }

    [[noreturn]] void fail(std::string_view cause) const { throw checksum_list_error(file_, line_, cause); }

    std::string_view rest_;
    std::string_view file_;
    std::size_t line_;
    bool has_escapes_ = false;
};

} // namespace

checksum_list_error::checksum_list_error(std::string_view file, std::size_t line, std::string_view cause)
    : std::runtime_error(std::string(file) + (line > 0 ? ":" + std::to_string(line) : "") + ": " +
                         std::string(cause))
    , file_(file)
    , line_(line) {}

checksum_list checksum_list::parse(std::string_view text, std::string_view file) {
    checksum_list made;
    made.file_ = file;
    for (std::size_t number = 1; !text.empty(); ++number) {
        const auto end = std::min(text.find('\n'), text.size());
        auto line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (auto one = line_reader(line, file, number).read()) made.add(std::move(*one));
    }
    return made;
}

checksum_list checksum_list::read(const std::string& path) {
    std::string text;
    try {
        text = detail::read_whole_file(path);
    } catch (const std::system_error& failure) {
        throw checksum_list_error(path, 0, failure.code().message());
    }
    return parse(text, path);
}

void checksum_list::add(entry one) {
    const bool stood_alone = entries_.size() == 1 && entries_[0].name.empty();
    if (stood_alone || (one.name.empty() && !entries_.empty()))
        throw checksum_list_error(file_, stood_alone ? entries_[0].line : one.line,
                                  "a digest without a file name, which may only stand alone in the list");
    by_name_.emplace(last_part(one.name), entries_.size());
    entries_.push_back(std::move(one));
}

const checksum* checksum_list::find(std::string_view name) const {
    if (entries_.size() == 1 && entries_[0].name.empty()) return &entries_[0].sum;
    const std::string below = '/' + std::string(name);
    const entry* exact = nullptr;
    const entry* similar = nullptr;
    const entry* contradiction = nullptr;
    const auto [begin, end] = by_name_.equal_range(std::string(last_part(name)));
    for (auto at = begin; at != end; ++at) {
        const auto& one = entries_[at->second];
        const bool is_exact = one.name == name;
        if (!is_exact && !one.name.ends_with(below)) continue;
        const entry*& best = is_exact ? exact : similar;
        const bool agrees = !best || best->sum == one.sum ||
                            (best->name == one.name && best->sum.algorithm() != one.sum.algorithm());
        if (!agrees && (is_exact || !contradiction)) contradiction = &one;
        if (!best || best->sum.algorithm() < one.sum.algorithm()) best = &one;
    }
    const entry* found = exact ? exact : similar;
    if (contradiction && (!exact || contradiction->name == name))
        throw checksum_list_error(file_, std::max(contradiction->line, found->line),
                                  "another digest of '" + std::string(name) + "' than in line " +
                                      std::to_string(std::min(contradiction->line, found->line)));
    return found ? &found->sum : nullptr;
}

} // namespace tandem::http
