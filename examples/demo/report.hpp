// What a mode left behind, and how that looks in the table.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

/// SHA-256 digests by file name.
using digest_map = std::map<std::string, std::string>;

/// What the origin serves under /SHA256SUMS, as a map.
digest_map parse_digests(std::string_view text);

/// `photo-000.jpg` gives `photo-000_thumbnail.jpg`.
std::string thumbnail_of(const std::string& photo);

/// The demo's own files in a folder that may hold others: photos, their thumbnails, and temporary ones of
/// both.
class demo_folder {
  public:
    explicit demo_folder(std::string path);

    const std::string& path() const { return path_; }
    std::string operator/(const std::string& name) const { return path_ + '/' + name; }

    void clear() const;
    void clear_thumbnails() const;
    /// Removes what an interrupted run left half done.
    void clear_temporary() const;
    /// How many finished files there are so far.
    int count() const;

  private:
    template <class Predicate> void remove_where(Predicate predicate) const;

    std::string path_;
};

/// What has been found right, byte for byte.
struct account {
    int files = 0;
    std::uint64_t bytes = 0;

    friend account operator+(const account& a, const account& b) {
        return {a.files + b.files, a.bytes + b.bytes};
    }
};

/// Holds the files of `folder` against `expected`, which names those that have to be there. Each that is
/// missing or wrong becomes a line of `complaints`.
account verify(const demo_folder& folder, const digest_map& expected, std::vector<std::string>& complaints);

/// The digests of the thumbnails of `photos`, after a look into each: it has to be an image of the right
/// size.
digest_map inspect_thumbnails(const demo_folder& folder, const digest_map& photos,
                              std::vector<std::string>& complaints);

/// One row of the demo's table.
struct row {
    row(std::string name, double wall)
        : mode(std::move(name))
        , seconds(wall) {}

    std::string mode;
    double seconds;
    account verified = {};
    /// How many connections brought the photos; negative where that is not the question.
    long connections = -1;
};

/// Prints a section's title, then each row as it comes; the first is what the others are compared with.
class table {
  public:
    explicit table(std::string_view title);
    void print(const row& next);

  private:
    double first_ = 0;
};
