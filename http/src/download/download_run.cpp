#include "download/download_run.hpp"

#include <algorithm>
#include <cerrno>
#include <limits>
#include <system_error>

#include <tandem/base/log.hpp>
#include <tandem/coro/loop.hpp>
#include <tandem/coro/sleep.hpp>
#include <tandem/coro/timeout.hpp>
#include <tandem/http/error.hpp>

#include "download/file_marks.hpp"
#include "download/publish.hpp"
#include "retry/retry_rules.hpp"

namespace tandem::http::detail {

namespace {

std::uint64_t smaller(std::optional<std::uint64_t> one, std::optional<std::uint64_t> other) {
    constexpr auto none = std::numeric_limits<std::uint64_t>::max();
    return std::min(one.value_or(none), other.value_or(none));
}

/// A part of a coded body cannot be gone on with where it is decoded, and who asks for a part of his own, or
/// in a way that may change something, gets what he asks for.
bool may_ask_for_parts(const request_parts& request) {
    return request.method == "GET" && request.body.is_empty() && !request.decode.value_or(false) &&
           !request.is_raw && !request.fields.contains("Range") && !request.fields.contains("If-Range");
}

} // namespace

download_run::download_run(std::shared_ptr<client_core> core, const request_parts& request,
                           const download_options& options)
    : core_(std::move(core))
    , request_(request)
    , options_(options)
    , site_(request_.target.to_string())
    , result_(request_.target, file_path(""))
    , began_(loop::current().now())
    , first_attempt_(began_)
    , rate_(options_.limit_rate())
    , largest_(smaller(options_.max_size(), request_.max_body))
    , takes_parts_(may_ask_for_parts(request_)) {
    result_.attempts = 0;
}

task<downloaded> download_run::run() {
    const auto limit = request_.settings.limits.total;
    return limit ? within(*limit) : bring();
}

/// All attempts together have that time.
task<downloaded> download_run::within(duration limit) {
    try {
        co_return co_await timeout(limit, bring());
    } catch (const timed_out&) {
        site_.fail_timed_out(time_limit::total, limit);
    }
}

/// From the first source that has it.
task<downloaded> download_run::bring() {
    const bool is_named = !options_.takes_suggested_name() || !options_.file().empty();
    const bool is_wanted = !is_named || settle(path_of(request_.target.file_name()));
    const auto sources = 1 + options_.mirrors().size();
    // Requests that go out one behind the other find the server awake.
    if (is_wanted) co_await yield();
    for (std::size_t at = 0; is_wanted;) {
        const bool joins = at > 0 && part_ && part_->holds().contiguous() > 0;
        bool is_wrong = false;
        std::exception_ptr failure;
        try {
            co_await bring_from(source(at));
            if (options_.checksum() && !result_.was_kept) co_await check();
            break;
        } catch (const file_error&) {
            throw; // no other source helps
        } catch (const error& reason) {
            is_wrong = dynamic_cast<const checksum_error*>(&reason) != nullptr;
            failure = std::current_exception();
        }
        // What was joined may be wrong only because it was.
        const auto next = is_wrong && joins ? at : at + 1;
        if (is_wrong) throw_away(next == sources);
        if (next == sources) std::rethrow_exception(failure);
        log(log_level::info,
            site_.url() + ": goes on with " + source(next).to_string() + ": " + cause_of(failure));
        at = next;
    }
    if (!result_.was_kept) co_await finish();
    result_.took = loop::current().now() - began_;
    tell(download_progress::state::done);
    co_return std::move(result_);
}

/// The URL, then its mirrors.
const url& download_run::source(std::size_t number) const noexcept {
    return number == 0 ? request_.target : options_.mirrors()[number - 1];
}

/// The bytes are wrong, and nobody knows which of them.
void download_run::throw_away(bool for_good) {
    hash_.reset();
    if (for_good)
        part_->discard();
    else
        part_->begin(entity());
}

task<> download_run::bring_from(const url& source) {
    origin_ = source.origin();
    fruitless_ = 0;
    gives_up_ = false;
    if (options_.retries()) core_->budgets.note_request(origin_, *options_.retries());
    for (;;) {
        std::exception_ptr failure;
        auto made = outcome::later;
        try {
            made = co_await attempt(source);
        } catch (const error&) {
            failure = std::current_exception();
        }
        if (made == outcome::done) co_return;
        if (made == outcome::again) continue;
        if (failure) {
            note_progress();
            if (gives_up_ || !is_passing(failure)) std::rethrow_exception(failure);
            const auto pause = co_await pause_after(cause_of(failure), std::nullopt, fruitless_);
            if (!pause) std::rethrow_exception(failure);
            pause_ = *pause;
        }
        co_await wait(pause_);
    }
}

task<> download_run::finish() {
    if (options_.takes_remote_time()) set_file_time(part_->descriptor(), part_->holds().of.last_modified);
    if (options_.records_origin()) set_origin(part_->descriptor(), result_.source.to_string());
    part_->count_written();
    if (options_.is_durable()) co_await part_->sync();
    result_.bytes = part_->size();
    publish();
}

/// Has a hash follow the part from here on, what is there already included: nobody knows what has come of
/// that since it was written.
void download_run::begin_hash() {
    if (!options_.checksum() || hash_) return;
    hash_.emplace(part_->descriptor(), options_.checksum()->algorithm());
    hash_->reached(part_->size());
}

task<> download_run::check() {
    tell(download_progress::state::checking);
    begin_hash();
    std::string found;
    try {
        found = co_await hash_->finish(part_->size());
    } catch (const std::system_error& failure) {
        throw file_error(site_.url(), part_->target(), failure.code().value());
    }
    const auto& wanted = *options_.checksum();
    if (found == wanted.digest()) co_return;
    throw checksum_error(site_.url(), "the " + std::string(name_of(wanted.algorithm())) + " is " + found +
                                          ", and should be " + wanted.digest());
}

void download_run::publish() {
    const auto what = options_.existing();
    std::string name = part_->target();
    for (;;) {
        if (part_->publish(name, what == if_exists::replace)) break;
        // Somebody has taken the name since.
        if (name_) name_->files().add_unforeseen(name);
        if (what == if_exists::fail) throw file_exists(site_.url(), name);
        if (what == if_exists::keep) {
            is_free_on_disk(name); // throws where a folder stands in the way
            part_->discard();
            keep_file(std::move(name));
            return;
        }
        name = numbered_name(path_, ++number_);
    }
    if (name_) name_->files().add(name);
    result_.path = file_path(std::move(name));
}

void download_run::tell(download_progress::state now, std::string_view cause) const {
    if (!options_.on_progress()) return;
    download_progress so_far{};
    so_far.now = now;
    so_far.url = site_.url();
    so_far.path = part_ ? std::string_view(part_->target()) : std::string_view(result_.path.string());
    so_far.done = part_ ? part_->done() : result_.bytes;
    if (part_) so_far.total = part_->holds().of.total;
    so_far.attempts = result_.attempts;
    so_far.cause = cause;
    options_.on_progress()(so_far);
}

} // namespace tandem::http::detail
