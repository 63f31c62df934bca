#pragma once
#include <string>
#include <string_view>
#include <vector>

/// What the origin serves: the photos, and their digests in the format of sha256sum.
class site {
  public:
    /// Makes `files` photos. The one numbered `corrupt`, if any, is changed after its digest was taken: a
    /// client that verifies must notice.
    site(int files, int corrupt);

    /// The content of `photo-000.jpg` and so on; null for any other name. Valid as long as the site.
    const std::string* photo(std::string_view name) const;

    /// One line a photo: its SHA-256 digest, two blanks, its name.
    const std::string& digests() const { return digests_; }

  private:
    std::vector<std::string> photos_;
    std::string digests_;
};
