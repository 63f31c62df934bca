#pragma once
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace test {

/// An empty folder of the test's own, deleted with everything in it at the end.
class temp_folder {
  public:
    temp_folder() {
        std::string name = (std::filesystem::temp_directory_path() / "tandem-test-XXXXXX").string();
        if (!::mkdtemp(name.data())) throw std::runtime_error("no temporary folder " + name);
        path_ = name;
    }
    ~temp_folder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    temp_folder(const temp_folder&) = delete;
    temp_folder& operator=(const temp_folder&) = delete;

    const std::filesystem::path& path() const { return path_; }
    /// The full name of a file in it.
    std::string operator/(std::string_view name) const { return (path_ / name).string(); }

    /// Writes a file and returns its full name.
    std::string write(std::string_view name, std::string_view content) const {
        std::ofstream out(path_ / name, std::ios::binary);
        out.write(content.data(), static_cast<std::streamsize>(content.size()));
        return *this / name;
    }

  private:
    std::filesystem::path path_;
};

inline std::string read_file(const std::filesystem::path& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

/// The names of the files in `folder` and below, relative to it and sorted; none when it does not exist.
inline std::vector<std::string> files_below(const std::filesystem::path& folder) {
    std::vector<std::string> names;
    if (!std::filesystem::exists(folder)) return names;
    for (auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
        if (!entry.is_directory()) names.push_back(entry.path().lexically_relative(folder).string());
    }
    std::sort(names.begin(), names.end());
    return names;
}

} // namespace test
