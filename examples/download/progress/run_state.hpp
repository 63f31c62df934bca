// What a run of tandem-get has come to so far: the state that every display shows in its own way.
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "download/progress/speed_meter.hpp"
#include <tandem/http/download_progress.hpp>
#include <tandem/http/downloaded.hpp>

/// A file under way, for as long as it is: the number is given to another one after that.
using file_id = std::size_t;

class run_state {
  public:
    /// What a file is doing.
    enum class phase { asking, receiving, waiting, checking, stepping };

    struct file {
        bool is_under_way = false;
        /// Its number in the run, from 1: no other file gets it.
        std::uint64_t number = 0;
        /// As it was given; its user and password are not in it.
        std::string url;
        /// Its path as it will be; empty until it is known.
        std::string path;
        phase now = phase::asking;
        /// Why it waits, or which step it is in.
        std::string what;
        /// In bytes, kept ones included.
        std::uint64_t done = 0;
        std::optional<std::uint64_t> total;
        int attempts = 0;
        /// How many bytes of it this run has brought.
        std::uint64_t received = 0;
        speed_meter speed;
    };

    explicit run_state(tandem::time_point begun) noexcept
        : begun_at_(begun) {}

    /// So many files there will be in all.
    void expect(std::uint64_t files) noexcept { expected_ = files; }

    file_id begin(std::string_view url);
    /// True where the file now waits for another attempt, and did not before.
    bool progress(file_id id, const tandem::http::download_progress& now);
    void step(file_id id, std::string_view name);
    void done(file_id id, const tandem::http::downloaded& what);
    void failed(file_id id);
    /// Something failed before it could begin.
    void failed() noexcept;

    /// Measures the speeds. What is between two calls counts as one.
    void sample(tandem::time_point now) noexcept;

    const file& operator[](file_id id) const noexcept { return files_[id]; }
    /// By file_id, free ones between them.
    const std::vector<file>& files() const noexcept { return files_; }

    std::size_t under_way() const noexcept { return files_.size() - free_.size(); }
    std::uint64_t begun() const noexcept { return begun_; }
    /// Complete, with their steps; those that were kept are among them.
    std::uint64_t saved() const noexcept { return saved_; }
    /// Left as they were, because they were there.
    std::uint64_t kept() const noexcept { return kept_; }
    std::uint64_t failures() const noexcept { return failed_; }
    std::uint64_t retries() const noexcept { return retries_; }
    /// In bytes, what the network brought.
    std::uint64_t received() const noexcept { return received_; }
    double speed() const noexcept { return speed_.per_second(); }
    tandem::time_point begun_at() const noexcept { return begun_at_; }

    /// How many files there are in all: what was expected, or what has begun if that is more or not known.
    std::uint64_t files_in_all() const noexcept { return expected_ > begun_ ? expected_ : begun_; }
    /// Nothing is known of what comes after the files that have begun.
    bool is_open_ended() const noexcept { return expected_ == 0; }
    /// How many bytes are still to come, and how many are there, by the lengths that servers said; files of
    /// which nothing is known count as much as those that are there do on average. Empty where there are
    /// none to go by.
    struct outlook {
        double done = 0;
        double to_come = 0;
    };
    std::optional<outlook> estimate() const noexcept;

  private:
    void note_received(file& one, std::uint64_t bytes) noexcept;
    void end(file_id id);

    std::vector<file> files_;
    /// Those that no file has now, as a heap: the lowest is taken next, so that bars keep their places.
    std::vector<file_id> free_;
    std::uint64_t expected_ = 0;
    std::uint64_t begun_ = 0;
    std::uint64_t saved_ = 0;
    std::uint64_t kept_ = 0;
    std::uint64_t failed_ = 0;
    std::uint64_t retries_ = 0;
    std::uint64_t received_ = 0;
    /// Of files that are complete.
    std::uint64_t saved_bytes_ = 0;
    speed_meter speed_;
    const tandem::time_point begun_at_;
};
