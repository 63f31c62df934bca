// One request of a download, and what its reply is worth.
#include "download/download_run.hpp"

#include <algorithm>
#include <utility>

#include <tandem/base/log.hpp>
#include <tandem/coro/loop.hpp>
#include <tandem/coro/sleep.hpp>
#include <tandem/http/error.hpp>

#include "download/publish.hpp"
#include "download/rest_of_file.hpp"
#include "download/segment_crew.hpp"
#include "exchange.hpp"
#include "middleware_chain.hpp"
#include "part_file.hpp"
#include "recycled.hpp"
#include "redirect.hpp"

namespace tandem::http::detail {

using state = download_progress::state;

task<download_run::outcome> download_run::attempt(const url& source) {
    if (goes_on_in_segments(source)) {
        segment_crew crew(*this, source);
        co_return co_await crew.run(nullptr);
    }
    ++result_.attempts;
    tell(state::asking);
    const auto from = rest_begins_at(source);
    auto work = exchange_for(source, from);
    if (work)
        co_await work->open_for_body(false);
    else
        work = co_await open(source, from);
    const int status = work->head().status;
    result_.status = status;
    result_.source = work->current();
    if (status == 416 && from > 0) co_return judge_unsatisfied(*work, source);
    if (status == 304) {
        keep_file(part_ ? part_->target() : path_of(name_in(*work)));
        co_return outcome::done;
    }
    if (status / 100 != 2) co_return co_await after_status(*work);
    if (!part_) {
        if (!settle(path_of(name_in(*work)))) co_return outcome::done;
        if (rest_begins_at(source) > 0 || goes_on_in_segments(source))
            co_return outcome::again; // only now it is known what is there
    }
    co_return co_await take(std::move(work), source, from);
}

/// The request as it was given, without what is decided here, for all from byte `from` on, or up to, and
/// without, byte `end`.
request_parts download_run::request_for(const url& source, std::uint64_t from,
                                        std::optional<std::uint64_t> end) const {
    auto parts = request_;
    parts.target = source;
    parts.decode = wants_decoding();
    parts.max_body.reset(); // which would count each reply on its own
    parts.raise_for_status = false;
    parts.settings.retries = nullptr;
    parts.settings.limits.total.reset();
    if (source.origin() != request_.target.origin()) {
        // A mirror is as foreign as where a redirect leads, and no server has sent us there.
        parts.settings.trusts_redirects = parts.settings.tells_referer = false;
        follow_redirect(parts, 307, request_.target, source);
        parts.settings.trusts_redirects = request_.settings.trusts_redirects;
        parts.settings.tells_referer = request_.settings.tells_referer;
        parts.who.reset();
    }
    if (from == 0 && !end) return parts;
    const auto last = end ? std::to_string(*end - 1) : std::string();
    // Whether the caller has it already was answered by then.
    if (end)
        for (const char* name : {"If-None-Match", "If-Modified-Since"})
            parts.fields.remove(name);
    parts.fields.set("Range", "bytes=" + std::to_string(from) + '-' + last);
    if (needs_validator(source)) parts.fields.set("If-Range", part_->holds().of.validator());
    return parts;
}

/// Null where it is for middleware to make it.
std::shared_ptr<exchange> download_run::exchange_for(const url& source, std::uint64_t from,
                                                     std::optional<std::uint64_t> end) const {
    if (!core_->options.middlewares().empty()) return nullptr;
    return make_recycled<exchange>(core_, request_for(source, from, end));
}

task<std::shared_ptr<exchange>> download_run::open(const url& source, std::uint64_t from,
                                                   std::optional<std::uint64_t> end) {
    auto work = exchange_for(source, from, end);
    if (!work) work = co_await open_through_middleware(core_, request_for(source, from, end));
    co_await work->open_for_body(false);
    co_return work;
}

/// The first byte that is to be asked for: 0 for all of them.
std::uint64_t download_run::rest_begins_at(const url& source) const {
    if (!part_ || !takes_parts_) return 0;
    const auto& held = part_->holds();
    const auto end = held.contiguous();
    if (end == 0 || (!part_->has_begun() && !options_.resumes())) return 0;
    const bool is_same = held.of.url == source.to_string() && !held.of.validator().empty();
    if (!is_same && !trusts(held, source)) return 0;
    if (!held.of.total || end < *held.of.total) return end;
    // It is all there. That it still is the same, the last byte shows; without a byte to send a server shows
    // nothing but the length (416).
    return end == *held.of.total ? end - 1 : 0;
}

/// Whether the lengths have to do.
bool download_run::trusts(const sidecar& held, const url& source) const {
    if (held.of.url == source.to_string()) return options_.trusts_partial();
    // Bytes of one mirror may be joined with those of another where a checksum has the last word.
    const auto& all = options_.mirrors();
    const auto is_held = [&](const url& each) { return each.to_string() == held.of.url; };
    const bool is_mirror = is_held(request_.target) || std::any_of(all.begin(), all.end(), is_held);
    return is_mirror && options_.checksum();
}

/// Whether If-Range is sent, and what comes back has to show the same.
bool download_run::needs_validator(const url& source) const {
    const auto& held = part_->holds().of;
    return held.url == source.to_string() && !held.validator().empty();
}

task<download_run::outcome> download_run::take(std::shared_ptr<exchange> work, const url& source,
                                               std::uint64_t from) {
    const auto& head = work->head();
    if (head.status == 206 && from > 0) co_return co_await take_rest(*work, source, from);
    if (head.status == 206 && !request_.fields.contains("Range"))
        site_.fail<protocol_error>("a part was sent (206) where all was asked for");
    entity fresh(source.to_string(), head);
    const bool is_decoded = wants_decoding() && head.fields.contains("Content-Encoding");
    if (is_decoded || request_.is_raw) fresh.total.reset();
    if (fresh.total && *fresh.total > largest_) part_->fail_too_large();
    if ((!fresh.total || *fresh.total >= download_part::long_body) && !settle_for_long())
        co_return outcome::done;
    hash_.reset();
    part_->begin(std::move(fresh));
    result_.resumed = 0;
    if (comes_in_segments(head)) {
        segment_crew crew(*this, source);
        co_return co_await crew.run(std::move(work));
    }
    co_await receive(*work);
    const auto total = part_->holds().of.total;
    if (total && part_->size() < *total)
        site_.fail<truncated_error>("the body is too short: " + std::to_string(part_->size()) + " of " +
                                    std::to_string(*total) + " bytes");
    co_return outcome::done;
}

task<download_run::outcome> download_run::take_rest(exchange& work, const url& source, std::uint64_t from) {
    const auto& held = part_->holds().of;
    const auto fault = fault_of_rest(work.head(), held, from, !needs_validator(source));
    if (!fault.empty()) co_return begin_without_parts(fault);
    const auto range = *content_range_of(work.head().fields);
    const auto total = held.total ? held.total : range.total;
    if (total && *total > largest_) part_->fail_too_large();
    if (!part_->has_begun()) result_.resumed = from;
    part_->go_on_at(from);
    if (total) part_->set_total(*total);
    co_await receive(work);
    const auto end = part_->size();
    if (end > range.last + 1) co_return begin_without_parts("is longer than it says");
    if (end <= range.last) site_.fail<truncated_error>("the body is shorter than its Content-Range");
    // A server may send less than it was asked for.
    co_return end == total ? outcome::done : outcome::again;
}

/// The reply cannot be trusted, and neither can the next one: from now on all is asked for.
download_run::outcome download_run::begin_without_parts(std::string_view why) {
    log(log_level::info, site_.url() + ": begins anew, as the part that was sent " + std::string(why));
    takes_parts_ = false;
    return outcome::again;
}

download_run::outcome download_run::judge_unsatisfied(const exchange& work, const url& source) {
    const auto& held = part_->holds();
    const auto end = held.contiguous();
    if (!says_complete(work.head(), held.of, end, !needs_validator(source)))
        return begin_without_parts("is none (416)");
    result_.resumed = part_->has_begun() ? result_.resumed : end;
    part_->go_on_at(end);
    part_->set_total(end);
    return outcome::done;
}

/// Writes what comes to the end of the part.
task<> download_run::receive(exchange& work) {
    if (const auto total = part_->holds().of.total) co_await part_->reserve(*total);
    begin_hash();
    tell(state::receiving);
    for (;;) {
        const auto before = part_->size();
        const auto count = co_await work.save_piece(*part_, rate_.most());
        if (count == 0) break;
        result_.received += part_->size() - before;
        if (part_->is_note_due()) co_await part_->write_note();
        if (hash_) hash_->reached(part_->written());
        tell(state::receiving);
        if (work.is_at_end()) break;
        if (rate_.is_set()) co_await sleep_until(rate_.next_after(count, loop::current().now()));
    }
    part_->count_written();
}

/// The reply is an error for good. Its body is stored where that is wanted, beside what is there of the file.
task<> download_run::fail_with_status(exchange& work) {
    if (options_.keeps_error_body()) {
        if (!part_ && !settle(path_of(name_in(work)))) co_return;
        part_file stored(part_->target(), site_.url());
        stored.set_limit(largest_);
        co_await work.save_to(stored);
        stored.publish(options_.existing() == if_exists::replace);
        if (name_) name_->files().add(part_->target());
    }
    co_await work.drain();
    work.raise_for_status();
}

} // namespace tandem::http::detail
