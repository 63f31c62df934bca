// A file that is not complete yet, and outlives those who bring it.
#pragma once
#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>

#include <tandem/coro/task.hpp>

#include "download/sidecar.hpp"
#include "file_writer.hpp"

namespace tandem::http::detail {

/// What a part does beyond holding bytes.
struct part_rules {
    /// Missing folders on its way are made.
    bool creates_folders = true;
    /// The disk has the bytes before the sidecar claims them, and the file before its name shows it.
    bool is_durable = false;
    /// Whoever comes later can go on with it; else nothing is left of one that was interrupted.
    bool is_kept = true;
    /// A sidecar may be there without its part. Where none was, as far as is known, nobody looks for one
    /// before a body that is not long: should there be one all the same when that breaks off, its validator
    /// keeps the next download from believing it.
    bool may_find_note = true;
};

/// `NAME.part`, locked against everybody else, and `NAME.part.tandem` beside it, which says what of which
/// entity it holds. The sidecar is written past 1 MiB, then each 16 MiB, and where the part ends before its
/// file is complete; a part without one is of no use. One that is wrong never is beside a part: it is
/// removed before the first byte of another entity is written (but see `may_find_note`), and claims only what
/// was written before.
class download_part final : public file_writer {
  public:
    /// From so many bytes on a body is worth a sidecar, and calls to the system beside those that store it.
    static constexpr std::uint64_t long_body = 1024 * 1024;

    /// Where the part of `target` is. A name that leaves no room for the endings is cut.
    static std::string path_for(std::string_view target);
    /// Whether the sidecar of some part has this name.
    static bool is_note_name(std::string_view name) noexcept;

    /// Nothing is opened yet.
    download_part(std::string target, std::string url, const part_rules& rules);
    /// Keeps what is of use, and says so in the sidecar; removes the rest.
    ~download_part();

    /// Opens and locks it. Returns false where somebody else has locked it.
    bool open();

    /// What is there of the file from earlier, or of this download when `count_written` was called last.
    const sidecar& holds() const noexcept { return note_; }
    /// Writes what was gathered, and counts it to what is there.
    void count_written();
    /// Counts what another has written.
    void add_written(byte_range range) { note_.add(range); }
    /// How many bytes are there, those that were gathered included.
    std::uint64_t done() const noexcept { return std::max(size(), note_.count()); }
    /// Whether some of that was written by this download.
    bool has_begun() const noexcept { return has_begun_; }

    /// Throws away what is there, and begins with the first byte of `fresh`.
    void begin(entity fresh);
    /// The next byte is the one at `offset`, which is no more than there is without a gap. What is there
    /// behind a gap is thrown away.
    void go_on_at(std::uint64_t offset);
    /// Others fill the gaps, and say so by `add_written`.
    void go_on_in_gaps();
    /// The whole length, which was not known at first.
    void set_total(std::uint64_t bytes) noexcept { note_.of.total = bytes; }

    /// Sets room aside on the disk for a file of this length. Where there is not enough, it is a file_error
    /// now and not at the end.
    task<> reserve(std::uint64_t length);

    /// Whether so much has come that the sidecar should say so.
    bool is_note_due() const noexcept { return done() >= next_note_; }
    /// Nothing that is written meanwhile is claimed.
    task<> write_note();

    /// Waits until the disk has what was written.
    task<> sync();
    /// The descriptor, for those who read what was written.
    using file_writer::descriptor;

    /// Gives it its name. Returns false where that is taken and `replaces` is false; it still is a part then.
    bool publish(const std::string& name, bool replaces);
    /// Removes it.
    void discard() noexcept;

  private:
    enum class locked {
        yes,
        by_another,
        in_vain, // what was opened does not bear the name any more: it was published, or removed, meanwhile
    };
    locked lock(bool is_new);
    std::string note_path() const;
    void read_note(std::uint64_t size);
    void keep() noexcept;
    bool remove_note() noexcept;

    const part_rules rules_;
    const std::string path_;
    sidecar note_;
    std::uint64_t next_note_ = 0;
    bool has_begun_ = false;
    /// Up to where the sidecar claims something; 0 where there is none.
    std::uint64_t noted_ = 0;
    /// Where this has begun to write.
    std::uint64_t begun_at_ = 0;
    /// It was empty when it was opened.
    bool was_empty_ = false;
    /// There may be a sidecar.
    bool may_have_note_;
    /// Its file system may say only when it is closed that a write has failed.
    bool closes_late_ = false;
};

} // namespace tandem::http::detail
