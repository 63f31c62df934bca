// What the floors of bench-download are asked to fetch. They are given `LIST JOBS FOLDER`.
#pragma once
#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace bench_floor {

/// "http://127.0.0.1:PORT/TARGET", taken apart.
struct http_link {
    std::string port;
    std::string target; ///< with the first slash
    std::string name;   ///< of the file: what is behind the last one
};

inline http_link parse_link(const std::string& line) {
    constexpr std::string_view begin = "http://127.0.0.1:";
    const auto slash = line.find('/', begin.size());
    if (line.compare(0, begin.size(), begin) != 0 || slash == line.npos)
        throw std::runtime_error("not a link of the benchmark: " + line);
    return {line.substr(begin.size(), slash - begin.size()), line.substr(slash),
            line.substr(line.rfind('/') + 1)};
}

inline std::vector<http_link> read_links(const char* file) {
    std::vector<http_link> links;
    std::ifstream in(file);
    for (std::string line; std::getline(in, line);)
        links.push_back(parse_link(line));
    if (links.empty()) throw std::runtime_error(std::string(file) + ": no links");
    return links;
}

} // namespace bench_floor
