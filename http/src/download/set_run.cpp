#include "download/set_run.hpp"

#include <algorithm>

#include <tandem/coro/loop.hpp>
#include <tandem/http/error.hpp>

#include "download/download_run.hpp"
#include "retry/retry_rules.hpp"

namespace tandem::http::detail {

namespace {

/// Items beyond `jobs` that are taken from the source, to find some of hosts that have room.
constexpr std::size_t most_ahead = 64;

/// The reply that says its host has too much to do; null for any other outcome. Valid as long as the error.
const status_error* overload_in(const result<downloaded>& file) noexcept {
    if (file.has_value()) return nullptr;
    try {
        std::rethrow_exception(file.error());
    } catch (const status_error& refused) {
        return is_overload(refused.status()) ? &refused : nullptr;
    } catch (...) {
        return nullptr;
    }
}

/// An origin that answers, whatever it says, can do with more.
bool is_answer(const result<downloaded>& file) noexcept {
    if (file.has_value()) return true;
    const auto kind = kind_of(file.error());
    return kind == failure_kind::status || kind == failure_kind::authentication;
}

} // namespace

set_run::set_run(stream<download_item> source, const download_set_options& options)
    : source_(std::move(source))
    , options_(options)
    , turns_(options.per_host(), options.backs_off())
    , places_(options.jobs() + 1)
    , jobs_(options.jobs()) {}

std::size_t set_run::most_under_way() const noexcept {
    return options_.jobs() + std::min(options_.jobs(), most_ahead);
}

/// The next item that does not repeat an earlier one; nothing after the last. One of those that want one
/// reads the source for all of them: if each had to wait until the one before it has gone on, a crowd would
/// stay in line for ever, and no more than a few downloads run.
task<std::unique_ptr<set_run::entry>> set_run::take() {
    const auto reading = reader_.try_lock();
    if (!reading) {
        auto given = co_await taken_.receive();
        co_return given ? std::move(*given) : nullptr;
    }
    while (!has_ended_) {
        try {
            auto item = co_await source_.next();
            has_ended_ = !item;
            if (!item) break;
            const auto index = next_index_++;
            if (is_repeated(*item)) {
                ++counts_.repeated;
                continue;
            }
            auto one = std::make_unique<entry>(index, std::move(*item));
            if (!taken_.try_send(std::move(one))) co_return one;
        } catch (const cancelled&) {
            throw;
        } catch (...) {
            source_error_ = std::current_exception();
            has_ended_ = true;
        }
    }
    taken_.close();
    co_return nullptr;
}

void set_run::throw_source_error() {
    if (const auto error = std::exchange(source_error_, nullptr)) std::rethrow_exception(error);
}

bool set_run::is_repeated(const download_item& item) {
    if (options_.repeats_equal()) return false;
    const auto& target = item.request.target();
    key_.assign(item.request.method()).append(" ").append(target.to_string());
    key_.append(" ").append(target.user_info()).append(" ");
    key_.append(item.options.folder()).append("/").append(item.options.file());
    return !urls_.insert(key_);
}

task<std::unique_ptr<set_run::entry>> set_run::bring_next(std::shared_ptr<set_run> of) {
    auto place = co_await of->places_.acquire();
    auto one = co_await of->take();
    if (!one) co_return nullptr;
    co_await of->bring(*one, std::move(place));
    of->count(one->file);
    co_return one;
}

download_outcome set_run::outcome_of(entry& one) {
    return {one.index, std::move(one.item.request.parts_->target), std::move(one.file)};
}

/// As often as its host says that it has too much to do, within reason.
task<> set_run::bring(entry& one, semaphore::permit place) {
    const auto origin = one.item.request.target().origin();
    name_claims::claim name(names_);
    for (;;) {
        auto turn = turns_.try_take(origin);
        if (!turn) {
            // Where the host gets all jobs there are, it is one of these that this waits for.
            if (turns_.at_once(origin) < options_.jobs()) place.release();
            turn.emplace(co_await turns_.take(origin));
        }
        const auto job = co_await jobs_.acquire();
        if (one.overloads > 0 && !has_time_for(duration::zero(), one)) co_return;
        if (!one.began) one.began = loop::current().now();
        const auto& request = one.item.request;
        download_run work(request.core_, *request.parts_, one.item.options);
        work.join(counts_.retries, backs_off_for(one.item), name, *one.began);
        try {
            one.file = result<downloaded>::success(co_await work.run());
        } catch (const cancelled&) {
            throw;
        } catch (...) {
            one.file = result<downloaded>::failure(std::current_exception());
        }
        if (const auto* overload = overload_in(one.file)) {
            ++counts_.overloads;
            const auto pause = pause_after(*overload, turns_.is_alone(*turn), one);
            turns_.note_overload(*turn, pause.value_or(duration::zero()));
            if (!pause) co_return;
            ++counts_.retries;
            continue;
        }
        if (is_answer(one.file)) turns_.note_answer(*turn);
        if (one.file.has_value()) name.came(one.item.options.existing() != if_exists::fail);
        co_return;
    }
}

/// Whether it is for this to ask again after an overload. What a download keeps of a reply that is an error
/// is there before anybody asks again, and only the download itself knows whether a request may be sent
/// twice.
bool set_run::backs_off_for(const download_item& item) const noexcept {
    return options_.backs_off() && item.options.retries() && !item.options.keeps_error_body() &&
           item.request.method() == "GET";
}

/// How long to leave the host alone before this is asked for again; nothing where it is not to be.
std::optional<duration> set_run::pause_after(const status_error& overload, bool was_alone, entry& one) const {
    ++one.overloads;
    if (was_alone) ++one.overloads_alone;
    if (!backs_off_for(one.item)) return std::nullopt;
    const auto& policy = *one.item.options.retries();
    if (!may_pass(overload.status(), policy)) return std::nullopt;
    if (one.overloads_alone >= policy.attempts() || one.overloads >= 4 * policy.attempts())
        return std::nullopt;
    if (!one.pauses) one.pauses = policy.pauses();
    const auto pause = one.pauses->pause_after(one.overloads);
    const auto asked = overload.retry_after().value_or(duration::zero());
    if (asked > policy.longest_retry_after() || !has_time_for(std::max(pause, asked), one))
        return std::nullopt;
    return std::max(pause, asked);
}

/// Whether it may be asked for again after this pause, as far as that is a question of time.
bool set_run::has_time_for(duration pause, const entry& one) {
    return !is_too_late(loop::current().now() - *one.began, pause, *one.item.options.retries());
}

void set_run::count(result<downloaded>& file) noexcept {
    if (!file.has_value()) {
        ++counts_.failed;
        ++counts_.failed_by_kind[static_cast<std::size_t>(kind_of(file.error()))];
        return;
    }
    const downloaded& got = file.value();
    ++(got.was_kept ? counts_.kept : counts_.saved);
    if (!got.was_kept) counts_.bytes += got.bytes;
    counts_.received += got.received;
    counts_.resumed += got.resumed;
}

download_set_statistics set_run::statistics() const noexcept {
    auto now = counts_;
    now.taken = next_index_;
    now.running = jobs_.statistics().held;
    now.waiting = jobs_.waiting() + turns_.waiting();
    return now;
}

} // namespace tandem::http::detail
