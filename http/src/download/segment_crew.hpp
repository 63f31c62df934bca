// Several parts of a large file at once.
#pragma once
#include <cstdint>
#include <deque>
#include <exception>
#include <memory>

#include <tandem/coro/task.hpp>
#include <tandem/http/url.hpp>

#include "download/download_run.hpp"

namespace tandem::http::detail {

/// Fills the gaps of a part with as many requests at once as the download has segments. Each worker brings
/// one segment after the other; one that fails is asked for again from where it stopped, while the others go
/// on. Who has nothing left to do takes over half of what the slowest still has before it.
///
/// Every reply has to show the validator that its request had in If-Range. The first that does not is the end
/// of it: nothing says then which of the bytes are of which file.
class segment_crew {
  public:
    /// Less is not worth a connection.
    static constexpr std::uint64_t least = 1024 * 1024;

    /// `whole` has a part, of a file of known length.
    segment_crew(download_run& whole, const url& source);

    /// Called once. `first` is a reply under way that brings all of the file from its first byte on; it may
    /// be null.
    task<download_run::outcome> run(std::shared_ptr<exchange> first);

  private:
    /// What one worker brings: bytes from `begin` up to, and without, `end`.
    struct segment {
        std::uint64_t begin;
        std::uint64_t end;
        /// The next that is missing.
        std::uint64_t at;
        bool is_taken = false;
    };
    class segment_file;

    void divide();
    segment* next_segment();
    task<> work(std::shared_ptr<exchange> first);
    task<> bring(segment& mine, std::shared_ptr<exchange> reply);
    task<std::shared_ptr<exchange>> ask(const segment& mine);
    task<> receive(segment& mine, exchange& reply);
    task<> rest_after(exchange& reply, int fruitless);
    task<> rest_after(std::exception_ptr failure, int fruitless);

    download_run& whole_;
    download_part& part_;
    const url& source_;
    const std::uint64_t total_;
    /// Workers keep references to theirs.
    std::deque<segment> segments_;
};

} // namespace tandem::http::detail
