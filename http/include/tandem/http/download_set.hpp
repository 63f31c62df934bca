// Many files from the network, a bounded number at a time.
#pragma once
#include <cstddef>
#include <iterator>
#include <memory>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>

#include <tandem/base/config.hpp>
#include <tandem/coro/for_each.hpp>
#include <tandem/coro/stream.hpp>
#include <tandem/coro/task.hpp>
#include <tandem/http/download_item.hpp>
#include <tandem/http/download_outcome.hpp>
#include <tandem/http/download_set_options.hpp>
#include <tandem/http/download_set_statistics.hpp>

namespace tandem::http {

/// Downloads whatever its source gives, as `http::download` does, and hands out what has come of each as soon
/// as it has:
///
///     http::download_set files(items, http::download_set_options().jobs(64));
///     while (auto outcome = co_await files.next())
///         if (outcome->file) co_await cpu.run(make_thumbnail, outcome->file->path.string(), 128);
///
/// One that fails stops none of the others. Outcomes that nobody has taken count as running: a consumer that
/// is slower than the network slows the downloads down. (Up to 64 more that wait for their turn are taken
/// from the source, so that a host with many does not hold up the others.)
///
/// **The source** is a range of download_items (one given by name has to outlive the set), or a stream of
/// them, which may wait: for a line of standard input, or for a page with more links. It is asked as there is
/// room, so that a million items take no more memory than those that run; all that is kept of an item is a
/// fingerprint of its URL, of 14 to 18 bytes (the chance that one of a million URLs is taken for another is
/// 6e-18), and as much of its name with if_exists::replace and ::keep. What the source throws is thrown by
/// `next`, once all before it have ended.
///
/// **Equal URLs** (with the same method, and to go to the same file) are fetched once; the statistics count
/// the others. **Different URLs with one file name** are numbered with if_exists::number; otherwise the later
/// one fails with a file_exists that names both, unless the earlier one has failed by then. That holds for
/// names that servers suggest, too, which come with their replies. What somebody else puts into a folder
/// while the set runs is not written over (unless by if_exists::replace), but may be noticed only before a
/// long body begins, or when a short one has come: from then on each name there is asked for first.
///
/// **An origin that replies 429 or 503** is left alone for as long as it says (`Retry-After`), else for the
/// pause of the download's retry_policy; then it gets half as many at once, down to one. From there on each
/// that ends well adds its share of one more, until a full round has: additive increase, multiplicative
/// decrease, as TCP has it (Chiu and Jain, 1989). One decrease stands for all that were under way with what
/// caused it. A download that is refused like that waits for its turn again, without a connection and without
/// taking a job's place; it fails once it was refused as often as its policy has attempts while nothing else
/// was asked of the origin (or four times as often in all), where it has no policy, and where the server asks
/// for more patience than `longest_retry_after`.
///
/// Dropping the set cancels what runs, and keeps the parts; `co_await close()` waits for that. Made in a
/// coroutine, whose scope the downloads run in; the first begins with the first `next`. Move-only; belongs to
/// its loop's thread.
class TANDEM_API download_set {
  public:
    explicit download_set(stream<download_item> items,
                          const download_set_options& options = download_set_options());

    template <class Range>
        requires requires(Range& range) {
            download_item(*std::begin(range));
        }
    explicit download_set(Range&& items, const download_set_options& options = download_set_options())
        : download_set(one_by_one<tandem::detail::held_range<Range>>(std::forward<Range>(items)), options) {}

    download_set(download_set&&) noexcept;
    download_set& operator=(download_set&&) noexcept;
    ~download_set();

    /// The next outcome, in the order in which they come; empty after the last one. Cancelling this loses
    /// nothing: the downloads go on, and the next call gives what this one would have given.
    task<std::optional<download_outcome>> next();

    /// Cancels what runs, and waits until it has ended. Later calls of `next` give nothing.
    task<> close();

    /// How many a host gets at once as it stands: `https://example.org`, with its port where that is not the
    /// usual one.
    std::size_t at_once(std::string_view origin) const;

    download_set_statistics statistics() const noexcept;

  private:
    class state;

    template <class Held> static stream<download_item> one_by_one(Held items) {
        for (auto&& each : tandem::detail::range_of(items))
            co_yield download_item(std::forward<decltype(each)>(each));
    }
    static task<std::optional<download_outcome>> next_of(state& of);

    std::unique_ptr<state> state_;
};

} // namespace tandem::http
