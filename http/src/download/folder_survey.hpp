// Which files may be there, as far as a run of many downloads knows.
#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "text_hash.hpp"

namespace tandem::http::detail {

/// Looks through each folder once, when it is asked about it for the second time, so that nobody has to ask
/// the file system for each of very many names. What somebody else puts there later it does not know: whoever
/// gives a file its name finds that out (publish_file), and says so.
///
/// It keeps no names, but a filter (Bloom, "Space/time trade-offs in hash coding with allowable errors",
/// 1970) of 32 KiB. The more files there are the more often it has to say of another one that it may be
/// there, too: of one in 300 where there are 10,000, of one in three where there are 100,000.
class folder_survey {
  public:
    /// Folders with more names than these may have any, and so may those that come after so many others.
    static constexpr std::size_t most_names = 4096;
    static constexpr std::size_t most_folders = 64;

    /// False where there is no file of this path, as far as is known.
    bool may_have(std::string_view path);
    /// False where the folder of `path` had no note of a download (download_part), whatever file it was for.
    bool may_have_notes_beside(std::string_view path);
    /// From now on it is there.
    void add(std::string_view path);
    /// This one was there, or could not be told from another, and nobody knew: from now on its folder may
    /// have any. Others write there, too, or the file system takes different names for one.
    void add_unforeseen(std::string_view path);

  private:
    struct folder {
        bool was_asked_about = false;
        bool was_looked_through = false;
        bool may_have_any = true;
        bool may_have_notes = true;
    };
    using folders = std::unordered_map<std::string, folder, text_hash, std::equal_to<>>;
    /// Null for one too many.
    folder* look_up(std::string_view folder_path);
    void look_through(const std::string& path, folder& at);
    void add_way_to(std::string_view folder_path);

    /// Three bits of one word for each path.
    struct mark {
        std::size_t word;
        std::uint64_t bits;
    };
    static mark mark_of(std::string_view folder, std::string_view name) noexcept;
    void add(mark one);

    folders folders_;
    /// The one that was asked for last, which most often is the next one, too.
    folders::value_type* last_ = nullptr;
    std::vector<std::uint64_t> filter_;
};

} // namespace tandem::http::detail
