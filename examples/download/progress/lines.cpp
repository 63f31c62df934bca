#include "download/progress/lines.hpp"

#include <cstdio>

void append_lines(std::vector<std::string>& to, std::string_view text, charset known) {
    while (!text.empty()) {
        const auto end = text.find('\n');
        to.push_back(printable(text.substr(0, end), known));
        if (end == text.npos) break;
        text.remove_prefix(end + 1);
    }
}

void write_errors(std::string_view lines) {
    std::fwrite(lines.data(), 1, lines.size(), stderr); // which has no buffer: one write
}
