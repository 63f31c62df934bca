// Where bench-download keeps its files.
#pragma once
#include <cstdint>
#include <filesystem>

namespace bench {

/// A folder for this run, in memory where there is room, removed in the end.
class scratch {
  public:
    /// Throws std::filesystem::filesystem_error.
    scratch();
    scratch(const scratch&) = delete;
    scratch& operator=(const scratch&) = delete;
    ~scratch();

    const std::filesystem::path& path() const { return path_; }
    /// Whether so many bytes more find room there.
    bool has_room(std::uint64_t bytes) const;
    /// A new, empty folder of this name; what the last one of that name held is gone.
    std::filesystem::path fresh(const std::string& name) const;

  private:
    std::filesystem::path path_;
};

} // namespace bench
