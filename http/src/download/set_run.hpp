// What happens behind a download_set.
#pragma once
#include <cstddef>
#include <exception>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <tandem/coro/map_concurrent.hpp>
#include <tandem/coro/stream.hpp>
#include <tandem/http/download_set.hpp>
#include <tandem/sync/channel.hpp>
#include <tandem/sync/mutex.hpp>
#include <tandem/sync/semaphore.hpp>

#include "download/fingerprint_set.hpp"
#include "download/host_turns.hpp"
#include "download/name_claims.hpp"
#include "recycled.hpp"

namespace tandem::http {

class status_error;

namespace detail {

/// What the downloads of one set have in common.
class set_run {
  public:
    /// An item on its way, and what comes of it.
    class entry final : public recycled {
      public:
        entry(std::size_t number, download_item&& from)
            : index(number)
            , item(std::move(from)) {}

        std::size_t index;
        download_item item;
        /// Replies of 429 and 503 so far, and of these the ones that came when nothing else was asked of the
        /// origin.
        int overloads = 0;
        int overloads_alone = 0;
        /// Set at the first.
        std::optional<tandem::retry_policy> pauses;
        /// When it was asked for first.
        std::optional<time_point> began;
        /// Of the last time that it was asked for.
        result<downloaded> file;
    };

    /// As many places for items as there are items: a range that ends with the source.
    struct slot {};
    class slots {
      public:
        explicit slots(std::shared_ptr<set_run> of) noexcept
            : of_(std::move(of)) {}

        class iterator {
          public:
            explicit iterator(const set_run& of) noexcept
                : of_(&of) {}
            slot operator*() const noexcept { return {}; }
            iterator& operator++() noexcept { return *this; }
            bool operator==(std::default_sentinel_t) const noexcept { return of_->has_ended_; }

          private:
            const set_run* of_;
        };
        iterator begin() const noexcept { return iterator(*of_); }
        static std::default_sentinel_t end() noexcept { return std::default_sentinel; }

      private:
        std::shared_ptr<set_run> of_;
    };

    set_run(stream<download_item> source, const download_set_options& options);

    /// How many items may be under way, those that wait for their turn and untaken outcomes included.
    std::size_t most_under_way() const noexcept;

    /// The next item, with what has come of it; null where there is none.
    static task<std::unique_ptr<entry>> bring_next(std::shared_ptr<set_run> of);
    /// What the caller is told of it. To be asked once.
    static download_outcome outcome_of(entry& one);

    /// Throws what the source threw, once.
    void throw_source_error();

    std::size_t at_once(std::string_view origin) const { return turns_.at_once(origin); }
    download_set_statistics statistics() const noexcept;

  private:
    task<std::unique_ptr<entry>> take();
    bool is_repeated(const download_item& item);

    task<> bring(entry& one, semaphore::permit place);
    bool backs_off_for(const download_item& item) const noexcept;
    static bool has_time_for(duration pause, const entry& one);
    std::optional<duration> pause_after(const status_error& overload, bool was_alone, entry& one) const;
    void count(result<downloaded>& file) noexcept;

    stream<download_item> source_;
    /// Who has it reads the source, and gives others who want an item theirs.
    mutex reader_;
    channel<std::unique_ptr<entry>> taken_{0};
    const download_set_options options_;
    host_turns turns_;
    /// For items that do not wait for their host: of these one more is taken than can run, so that it is at
    /// hand when a job ends.
    semaphore places_;
    semaphore jobs_;
    fingerprint_set urls_;
    /// What is_repeated writes, time and again.
    std::string key_;
    name_claims names_;
    std::exception_ptr source_error_;
    std::size_t next_index_ = 0;
    bool has_ended_ = false;
    download_set_statistics counts_;
};

} // namespace detail

} // namespace tandem::http
