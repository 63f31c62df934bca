// Which files a run of many downloads writes.
#pragma once
#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <unordered_map>

#include "download/fingerprint_set.hpp"
#include "download/folder_survey.hpp"

namespace tandem::http::detail {

/// Keeps downloads of one run from taking each other's names. Those under way and the last ones to come are
/// known with their URLs; of the others no more is kept than fingerprints, and that only on request. Of the
/// names that are numbered the last ones are known with their next numbers, so that nobody asks the file
/// system for each number before.
class name_claims {
  public:
    class claim;

  private:
    static constexpr std::size_t remembered = 256;

    std::optional<std::string> holder(const std::string& path) const;

    /// Their URLs, by path.
    std::unordered_map<std::string, std::string> known_;
    /// The paths, where they are known, of those that have come, the oldest first.
    std::deque<const std::string*> come_;
    fingerprint_set all_;
    /// The first numbers that may be free, by path, and which path was numbered first.
    std::unordered_map<std::string, int> numbers_;
    std::deque<std::string> numbered_;
    folder_survey files_;
};

/// What one download has of the names. It gives that back in the end, unless `came` was called. Must not
/// outlive the claims.
class name_claims::claim {
  public:
    explicit claim(name_claims& of) noexcept
        : of_(of) {}
    claim(const claim&) = delete;
    claim& operator=(const claim&) = delete;
    ~claim() { give_back(); }

    /// Takes a name for a URL, in place of what this had. Returns who has it, where that is another: a URL,
    /// or "an earlier URL of this run".
    std::optional<std::string> take(const std::string& path, const std::string& url);

    /// Which number to try first for a name that others may have without it; 0 is the name itself. One that
    /// this has already comes again.
    int first_number(const std::string& path) const;
    /// Takes a number, in place of what this had.
    void take_number(const std::string& path, int number);

    /// What is known of the files that are there; all that the run itself has made should be added.
    folder_survey& files() noexcept { return of_.files_; }

    /// The file is there. `forever`: whatever else will come, it is known that this name is taken.
    void came(bool forever);
    void give_back();

  private:
    struct numbered {
        std::string path;
        int number;
    };

    name_claims& of_;
    /// The name that it has for itself, where it is known; null for none.
    const std::string* name_ = nullptr;
    /// Or its number of a name.
    std::optional<numbered> number_;
};

} // namespace tandem::http::detail
