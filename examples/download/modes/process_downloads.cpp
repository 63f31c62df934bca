#include "download/modes/process_downloads.hpp"

#include <deque>
#include <iterator>
#include <optional>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "common/concurrency.hpp"
#include "download/exit_code.hpp"
#include "download/fetcher.hpp"
#include "download/modes/file_report.hpp"
#include "download/modes/item_parcel.hpp"
#include "download/request_maker.hpp"
#include "download/steps/step_runner.hpp"
#include <tandem/pool/process_pool.hpp>

using tandem::task;

namespace {

/// A longer list takes several maps: a range cannot wait for what is still to be read, and all of a million
/// would take their room.
constexpr std::size_t items_of_a_map = 4096;

/// What a worker knows of the run.
std::optional<get_options> worker_options;

void prepare_worker(std::vector<std::string> words) {
    worker_options.emplace();
    if (read_options(*worker_options, std::move(words)))
        throw std::runtime_error("a worker cannot read the command line");
}

task<> download(const get_options& chosen, display& shown, list_item item) {
    fetcher files(chosen, shown);
    if (auto got = co_await files.fetch(std::move(item)))
        co_await finish_file(shown, chosen.steps.steps, got->file, std::move(got->what), nullptr);
}

/// What the pool maps over the items.
file_report download_in_worker(item_parcel item, std::stop_token stop) {
    report_display shown;
    run_here(stop, download(*worker_options, shown, unpacked(std::move(item))));
    return shown.report();
}

/// The items that can be asked for, each told to the display as a call is made of it. A range that is gone
/// through once.
class handed_out {
  public:
    handed_out(std::deque<list_item> items, const request_maker& make, display& shown)
        : items_(std::move(items))
        , make_(make)
        , shown_(shown) {}

    class iterator {
      public:
        explicit iterator(handed_out& from)
            : from_(from)
            , item_(from.next()) {}
        const item_parcel& operator*() const { return *item_; }
        iterator& operator++() {
            item_ = from_.next();
            return *this;
        }
        bool operator==(std::default_sentinel_t) const noexcept { return !item_; }

      private:
        handed_out& from_;
        std::optional<item_parcel> item_;
    };
    iterator begin() { return iterator(*this); }
    static std::default_sentinel_t end() noexcept { return std::default_sentinel; }

    /// The display's number of the first whose result has not been taken: they come in the same order.
    file_id take_first() {
        const auto first = files_.front();
        files_.pop_front();
        return first;
    }

  private:
    std::optional<item_parcel> next() {
        while (!items_.empty()) {
            const auto item = std::move(items_.front());
            items_.pop_front();
            try {
                files_.push_back(shown_.begin(make_.target(item).to_string()));
                return packed(item);
            } catch (const tandem::http::bad_url& error) {
                shown_.failed(error.what(), static_cast<int>(exit_code::usage));
            }
        }
        return std::nullopt;
    }

    std::deque<list_item> items_;
    const request_maker& make_;
    display& shown_;
    std::deque<file_id> files_;
};

} // namespace

task<> run_processes(const get_options& chosen, item_queue& items, display& shown) {
    const auto count = static_cast<unsigned>(chosen.limits.jobs);
    tandem::process_pool workers(
        tandem::process_pool_options().workers(count).initializer(prepare_worker, chosen.words));
    const request_maker make(chosen);
    for (;;) {
        auto some = co_await items.next(items_of_a_map);
        if (some.empty()) break;
        handed_out work(std::move(some), make, shown);
        auto reports = workers.map(download_in_worker, work, tandem::keep_going);
        while (auto report = co_await reports.next()) {
            const auto file = work.take_first();
            if (*report)
                tell(shown, file, **report);
            else // not of the file, but of its worker: that died
                shown.failed(file, shown.url(file) + ": " + report->what());
        }
    }
}
