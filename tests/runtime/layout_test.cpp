// The order of the house: what may include what. Reads the sources themselves.
#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>
#include <map>
#include <optional>

namespace {

namespace fs = std::filesystem;

const fs::path root = TANDEM_SOURCE_DIR;

struct include_line {
    std::string file; ///< below the root
    std::string name; ///< what stands between the brackets or quotes
};

std::vector<fs::path> sources_below(const fs::path& folder) {
    std::vector<fs::path> found;
    for (const auto& entry : fs::recursive_directory_iterator(root / folder)) {
        const auto ending = entry.path().extension();
        if (ending == ".hpp" || ending == ".cpp") found.push_back(entry.path());
    }
    return found;
}

std::vector<include_line> includes_of(const fs::path& file) {
    std::vector<include_line> found;
    std::ifstream in(file);
    for (std::string line; std::getline(in, line);) {
        const auto begin = line.find_first_of("<\"");
        if (!line.starts_with("#include") || begin == std::string::npos) continue;
        found.push_back({file.lexically_relative(root).string(),
                         line.substr(begin + 1, line.find_first_of(">\"", begin + 1) - begin - 1)});
    }
    return found;
}

std::vector<include_line> includes_below(const std::vector<fs::path>& folders) {
    std::vector<include_line> found;
    for (const auto& folder : folders)
        for (const auto& file : sources_below(folder))
            for (auto& line : includes_of(file))
                found.push_back(std::move(line));
    return found;
}

/// The wings from the ground up. `testing` and `run` stand on all others, and not on each other.
const std::map<std::string, int> floors = {{"base", 0}, {"coro", 1}, {"sync", 2},    {"threads", 3},
                                           {"io", 4},   {"pool", 5}, {"observe", 6}, {"testing", 7},
                                           {"run", 8},  {"http", 9}};

/// The wing that a path such as runtime/src/coro/loop.cpp or tandem/coro/loop.hpp belongs to.
std::optional<std::string> wing_of(const std::string& path) {
    std::vector<std::string> parts;
    for (const auto& part : fs::path(path))
        parts.push_back(part.string());
    if (parts.size() > 1 && parts[0] == "http") return "http";
    for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
        if (parts[i] == "tandem" && parts[i + 1] == "run.hpp") return "run";
        if (floors.count(parts[i])) return parts[i];
    }
    return std::nullopt;
}

bool is_umbrella(const std::string& name) {
    return name == "tandem/runtime.hpp" || name == "tandem/http.hpp";
}

} // namespace

TEST_CASE("no include runs up from one wing to a higher one") {
    int checked = 0;
    for (const auto& line : includes_below({"runtime", "http"})) {
        const auto from = wing_of(line.file);
        const auto to = wing_of(line.name);
        if (!from || !to) continue;
        INFO(line.file << " includes " << line.name);
        CHECK(floors.at(*from) >= floors.at(*to));
        CHECK_FALSE((*from == "run" && *to == "testing"));
        ++checked;
    }
    CHECK(checked > 100);
}

TEST_CASE("every source of the library belongs to a wing") {
    for (const auto& file : sources_below("runtime")) {
        const auto name = file.lexically_relative(root).string();
        if (name == "runtime/include/tandem/runtime.hpp" || name == "runtime/src/asio_pch.hpp") continue;
        INFO(name);
        CHECK(wing_of(name));
    }
}

TEST_CASE("public headers show nothing of Asio, Beast, Boost.URL, OpenSSL or liburing, but for the bridge to "
          "Asio") {
    int checked = 0;
    for (const auto& line : includes_below({"runtime/include", "http/include"})) {
        ++checked;
        if (line.file == "runtime/include/tandem/io/asio.hpp") continue;
        INFO(line.file << " includes " << line.name);
        CHECK_FALSE(line.name.starts_with("openssl/"));
        CHECK_FALSE(line.name.starts_with("liburing"));
        const bool is_json =
            line.file == "http/include/tandem/http/json.hpp" && line.name.starts_with("boost/json/");
        CHECK((!line.name.starts_with("boost/") || line.name.starts_with("boost/pfr") || is_json));
        CHECK(line.name != "tandem/io/asio.hpp");
    }
    CHECK(checked > 50);
}

TEST_CASE("the library never includes the umbrella headers") {
    for (const auto& line : includes_below({"runtime", "http"})) {
        INFO(line.file << " includes " << line.name);
        const bool is_public_umbrella =
            is_umbrella(fs::path(line.file).lexically_relative("runtime/include").string()) ||
            is_umbrella(fs::path(line.file).lexically_relative("http/include").string());
        if (!is_public_umbrella) CHECK_FALSE(is_umbrella(line.name));
    }
}
