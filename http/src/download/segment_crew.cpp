#include "download/segment_crew.hpp"

#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <string>
#include <utility>

#include <fcntl.h>

#include <tandem/coro/loop.hpp>
#include <tandem/coro/sleep.hpp>
#include <tandem/coro/task_group.hpp>
#include <tandem/http/error.hpp>

#include "download/rest_of_file.hpp"
#include "exchange.hpp"
#include "retry/retry_after.hpp"
#include "retry/retry_rules.hpp"

namespace tandem::http::detail {

using state = download_progress::state;

namespace {

constexpr int most_segments = 64;

/// A reply that is of no use to any of the workers.
class no_part : public std::runtime_error {
  public:
    explicit no_part(std::string_view why)
        : runtime_error(std::string(why)) {}
};

/// Up to, and without, which byte a reply goes.
std::uint64_t end_of(const reply_head& head, std::uint64_t total) {
    return head.status == 206 ? content_range_of(head.fields)->last + 1 : total;
}

} // namespace

/// Writes a segment into the file of the part, and tells both what has been written, whatever ends it.
class segment_crew::segment_file final : public file_writer {
  public:
    segment_file(segment& mine, download_part& part)
        : file_writer(part.target(), part.url())
        , mine_(mine)
        , part_(part) {
        const int copy = ::fcntl(part.descriptor(), F_DUPFD_CLOEXEC, 0);
        if (copy < 0) fail(part.target(), errno);
        adopt(copy);
        seek(mine.at);
    }
    ~segment_file() {
        try {
            flush();
        } catch (const error&) {
            // What was written before counts all the same.
        }
        note();
    }

    /// Writes what was gathered, and counts it.
    void count() {
        flush();
        note();
    }

  private:
    void note() {
        mine_.at = written();
        part_.add_written({mine_.begin, mine_.at});
    }

    segment& mine_;
    download_part& part_;
};

bool download_run::goes_on_in_segments(const url& source) const {
    if (!part_ || !takes_parts_ || (!part_->has_begun() && !options_.resumes())) return false;
    const auto& held = part_->holds();
    if (!held.of.total || held.ranges.empty() || !needs_validator(source)) return false;
    if (held.ranges.back().end > held.contiguous()) return true; // there are gaps to be filled
    return options_.segments() > 1 && *held.of.total - held.contiguous() >= 2 * segment_crew::least;
}

/// Whether it pays to have a file that has begun to come in several parts.
bool download_run::comes_in_segments(const reply_head& whole) const {
    const auto& fresh = part_->holds().of;
    return options_.segments() > 1 && takes_parts_ && fresh.total.value_or(0) >= 2 * segment_crew::least &&
           !fresh.validator().empty() && !equal_ignoring_case(whole.fields["Accept-Ranges"], "none");
}

segment_crew::segment_crew(download_run& whole, const url& source)
    : whole_(whole)
    , part_(*whole.part_)
    , source_(source)
    , total_(*part_.holds().of.total) {}

task<download_run::outcome> segment_crew::run(std::shared_ptr<exchange> first) {
    if (total_ > whole_.largest_) part_.fail_too_large();
    if (!part_.has_begun()) whole_.result_.resumed = part_.holds().count();
    part_.go_on_in_gaps();
    co_await part_.reserve(total_);
    divide();
    whole_.begin_hash();
    whole_.tell(state::receiving);
    const auto body = [&](task_group& group) -> task<> {
        const auto count = std::clamp(whole_.options_.segments(), 1, most_segments);
        for (int i = 0; i < count; ++i)
            group.spawn(work(std::exchange(first, nullptr)));
        co_return;
    };
    std::string fault;
    try {
        co_await with_group(body);
    } catch (const no_part& failure) {
        fault = failure.what();
    } catch (const error&) {
        // It was asked for as often as is allowed.
        whole_.note_progress();
        whole_.give_up();
        throw;
    }
    if (!fault.empty()) co_return whole_.begin_without_parts(fault);
    if (part_.holds().contiguous() != total_) co_return download_run::outcome::again;
    part_.go_on_at(total_);
    co_return download_run::outcome::done;
}

/// Into segments of about the same length.
void segment_crew::divide() {
    const auto gaps = part_.holds().missing();
    std::uint64_t missing = 0;
    for (const auto& each : gaps)
        missing += each.end - each.begin;
    const auto wanted = static_cast<std::uint64_t>(std::clamp(whole_.options_.segments(), 1, most_segments));
    const auto length = std::max(least, (missing + wanted - 1) / wanted);
    for (const auto& gap : gaps) {
        const auto count = std::max<std::uint64_t>(1, (gap.end - gap.begin + length / 2) / length);
        const auto step = (gap.end - gap.begin + count - 1) / count;
        for (auto begin = gap.begin; begin < gap.end; begin += step)
            segments_.push_back({begin, std::min(begin + step, gap.end), begin});
    }
}

/// Null where nothing is left that is worth a request.
segment_crew::segment* segment_crew::next_segment() {
    const auto free =
        std::find_if(segments_.begin(), segments_.end(), [](const segment& each) { return !each.is_taken; });
    if (free != segments_.end()) {
        free->is_taken = true;
        return &*free;
    }
    const auto left = [](const segment& each) { return each.end - each.at; };
    auto& longest =
        *std::max_element(segments_.begin(), segments_.end(),
                          [&](const segment& one, const segment& other) { return left(one) < left(other); });
    if (left(longest) < 2 * least) return nullptr;
    const auto middle = longest.end - left(longest) / 2;
    const segment half{middle, std::exchange(longest.end, middle), middle, true};
    return &segments_.emplace_back(half);
}

task<> segment_crew::work(std::shared_ptr<exchange> first) {
    while (auto* const mine = next_segment()) {
        co_await bring(*mine, std::move(first));
        first = nullptr;
    }
}

task<> segment_crew::bring(segment& mine, std::shared_ptr<exchange> reply) {
    for (int fruitless = 0; mine.at < mine.end;) {
        const auto before = mine.at;
        std::exception_ptr failure;
        try {
            if (!reply) reply = co_await ask(mine);
            if (reply->head().status / 100 == 2) co_await receive(mine, *reply);
        } catch (const error&) {
            failure = std::current_exception();
        }
        fruitless = mine.at > before ? 0 : fruitless + 1;
        if (mine.at == mine.end) break;
        if (failure)
            co_await rest_after(std::move(failure), fruitless);
        else if (mine.at == before)
            co_await rest_after(*reply, fruitless);
        reply.reset();
    }
}

task<std::shared_ptr<exchange>> segment_crew::ask(const segment& mine) {
    ++whole_.result_.attempts;
    const auto end = mine.end; // which may come nearer meanwhile
    auto reply = co_await whole_.open(source_, mine.at, end);
    const auto& head = reply->head();
    whole_.result_.status = head.status;
    whole_.result_.source = reply->current();
    if (head.status == 206) {
        const auto fault = fault_of_rest(head, part_.holds().of, mine.at, false);
        if (!fault.empty()) throw no_part(fault);
        if (end_of(head, total_) > end) throw no_part("is more than was asked for");
    } else if (head.status / 100 == 2 || head.status == 416) {
        throw no_part("is none (" + std::to_string(head.status) + ')');
    }
    co_return reply;
}

task<> segment_crew::receive(segment& mine, exchange& reply) {
    const auto end = end_of(reply.head(), total_);
    segment_file file(mine, part_);
    while (mine.at < std::min(mine.end, end)) {
        const auto most = std::min<std::uint64_t>(whole_.rate_.most(), mine.end - file.size());
        const auto count = co_await reply.save_piece(file, static_cast<std::size_t>(most));
        if (count == 0) break;
        file.count();
        whole_.result_.received += count;
        if (whole_.hash_) whole_.hash_->reached(part_.holds().contiguous());
        if (part_.is_note_due()) co_await part_.write_note();
        whole_.tell(state::receiving);
        if (whole_.rate_.is_set())
            co_await sleep_until(whole_.rate_.next_after(count, loop::current().now()));
    }
    if (mine.at == end) {
        // Its connection can serve again, unless there is more than that.
        const auto more = co_await reply.read();
        if (!more.empty()) throw no_part("is longer than it says");
    } else if (mine.at < mine.end) {
        whole_.site_.fail<truncated_error>("a part of the body is shorter than it says");
    }
}

/// The reply is an error: waits until the segment may be asked for again, or throws what it says.
task<> segment_crew::rest_after(exchange& reply, int fruitless) {
    const auto& head = reply.head();
    std::optional<duration> pause;
    if (whole_.is_passing(head.status)) {
        const auto asked = retry_after(head.fields, std::chrono::system_clock::now());
        pause =
            co_await whole_.pause_after(std::to_string(head.status) + ' ' + head.reason, asked, fruitless);
    }
    co_await reply.drain();
    if (!pause) reply.raise_for_status();
    co_await whole_.wait(*pause);
}

task<> segment_crew::rest_after(std::exception_ptr failure, int fruitless) {
    if (!whole_.is_passing(failure)) std::rethrow_exception(failure);
    const auto pause = co_await whole_.pause_after(cause_of(failure), std::nullopt, fruitless);
    if (!pause) std::rethrow_exception(failure);
    co_await whole_.wait(*pause);
}

} // namespace tandem::http::detail
