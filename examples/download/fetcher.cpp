#include "download/fetcher.hpp"

#include <cerrno>
#include <fstream>
#include <system_error>
#include <unistd.h>

#include "download/exit_code.hpp"
#include <tandem/coro/sleep.hpp>
#include <tandem/http/download.hpp>
#include <tandem/http/download_set.hpp>
#include <tandem/io/file.hpp>

namespace http = tandem::http;
using tandem::task;

namespace {

/// Standard output, as a file of a loop.
tandem::file standard_output() {
    const int own = ::dup(STDOUT_FILENO);
    if (own < 0) throw std::system_error(errno, std::generic_category(), "standard output");
    return tandem::file::adopt(own, "standard output");
}

std::string header_text(const http::response& reply) {
    auto text = "HTTP/1.1 " + std::to_string(reply.status()) + ' ' + std::string(reply.reason()) + "\r\n";
    for (const auto& [name, value] : reply.headers())
        text += name + ": " + value + "\r\n";
    return text + "\r\n";
}

} // namespace

fetcher::fetcher(const get_options& chosen, display& shown)
    : chosen_(chosen)
    , shown_(shown)
    , make_(chosen)
    , log_(chosen.display, shown)
    , web_(client_options()) {}

fetcher::~fetcher() {
    try {
        make_.save_cookies();
    } catch (const std::exception& trouble) {
        shown_.trouble(trouble.what(), static_cast<int>(exit_code::file));
    }
}

http::client_options fetcher::client_options() {
    auto made = make_.client();
    if (log_.is_wanted()) made.trace([this](const http::trace_event& event) { log_(event); });
    if (!chosen_.request.etag_save.empty()) made.use(note_etag());
    return made;
}

http::middleware fetcher::note_etag() {
    return [this](http::outgoing& request, http::next send) -> task<http::response> {
        auto reply = co_await send(request);
        if (reply.ok()) etag_ = reply.headers()["ETag"];
        co_return reply;
    };
}

void fetcher::save_etag() const {
    const auto& file = chosen_.request.etag_save;
    if (file.empty() || etag_.empty()) return;
    std::ofstream out(file);
    out << etag_ << '\n';
    out.close();
    if (!out) throw std::system_error(errno, std::generic_category(), file);
}

void fetcher::watch::note(std::size_t number, const http::download_progress& now) {
    auto made = known_.find(number);
    if (made == known_.end()) made = known_.emplace(number, shown_.begin(now.url)).first;
    shown_.progress(made->second, now);
}

std::optional<file_id> fetcher::watch::take(std::size_t number) {
    const auto entry = known_.extract(number);
    if (!entry) return std::nullopt;
    return entry.mapped();
}

task<std::optional<fetched>> fetcher::fetch(list_item item) {
    std::optional<http::url> target;
    try {
        target.emplace(make_.target(item));
    } catch (const http::bad_url& error) {
        shown_.failed(error.what(), static_cast<int>(exit_code::usage));
        co_return std::nullopt;
    }
    const auto file = shown_.begin(target->to_string());
    std::exception_ptr failure;
    try {
        auto got = co_await bring(item, *target, file);
        co_return got;
    } catch (const std::exception&) {
        failure = std::current_exception();
    }
    report(file, target->to_string(), failure);
    co_return std::nullopt;
}

void fetcher::report(file_id file, const std::string& url, const std::exception_ptr& failure) {
    const auto code = static_cast<int>(exit_code_of(failure));
    try {
        std::rethrow_exception(failure);
    } catch (const http::error& error) { // names the URL itself
        shown_.failed(file, error.what(), code);
    } catch (const std::exception& error) {
        shown_.failed(file, url + ": " + error.what(), code);
    }
}

task<> fetcher::fetch_all(item_queue& items, std::function<task<>(fetched)> then) {
    const auto& limits = chosen_.limits;
    watch by(shown_);
    http::download_set set(to_download(items, by), http::download_set_options()
                                                       .jobs(static_cast<std::size_t>(limits.jobs))
                                                       .per_host(static_cast<std::size_t>(limits.per_host)));
    while (auto outcome = co_await set.next()) {
        const auto known = by.take(outcome->index);
        const auto& url = outcome->asked.to_string();
        const auto file = known ? *known : shown_.begin(url);
        if (!outcome->file) {
            report(file, url, outcome->file.error());
            continue;
        }
        save_etag();
        if (then) {
            fetched got{file, std::move(*outcome->file)};
            co_await then(std::move(got));
        } else {
            shown_.done(file, *outcome->file);
        }
    }
}

/// What is to be printed is printed here and now, one after the other.
tandem::stream<http::download_item> fetcher::to_download(item_queue& items, watch& by) {
    std::size_t number = 0;
    for (;;) {
        auto item = items.at_hand();
        if (!item) item = co_await items.next();
        if (!item) break;
        if (prints(*item)) {
            co_await fetch(std::move(*item));
        } else if (auto one = prepare(*item, number, by)) {
            ++number;
            co_yield std::move(*one);
        } else {
            co_await tandem::yield(); // there may be very many like this
        }
    }
}

/// Nothing for an item that cannot be asked for, which is reported.
std::optional<http::download_item> fetcher::prepare(const list_item& item, std::size_t number, watch& by) {
    std::optional<http::url> target;
    std::exception_ptr failure;
    try {
        target = make_.target(item);
        http::download_item made(make_.request(web_, item, *target), make_.download(item, *target));
        made.options.on_progress([&by, number](const http::download_progress& now) { by.note(number, now); });
        return made;
    } catch (const http::bad_url& error) {
        shown_.failed(error.what(), static_cast<int>(exit_code::usage));
    } catch (const std::exception&) {
        failure = std::current_exception();
    }
    if (!failure) return std::nullopt;
    const auto url = target ? target->to_string() : item.link;
    report(shown_.begin(url), url, failure);
    return std::nullopt;
}

task<std::optional<fetched>> fetcher::bring(const list_item& item, const http::url& target, file_id file) {
    if (prints(item)) {
        co_await print(item, target, file);
        co_return std::nullopt;
    }
    auto request = make_.request(web_, item, target);
    auto how = make_.download(item, target);
    how.on_progress([this, file](const http::download_progress& now) { shown_.progress(file, now); });
    if (!take_name(target, how)) {
        http::downloaded kept(target, http::file_path(target.file_name()));
        kept.was_kept = true;
        shown_.done(file, kept);
        co_return std::nullopt;
    }
    auto done = co_await http::download(std::move(request), std::move(how));
    save_etag();
    co_return fetched{file, std::move(done)};
}

/// Returns false where the same URL has come before: it is fetched once.
bool fetcher::take_name(const http::url& target, const http::download_options& how) {
    if (how.takes_suggested_name() && how.file().empty()) return true;
    const auto name = how.folder() + '/' + (how.file().empty() ? target.file_name() : how.file());
    const auto [known, is_new] = names_.emplace(name, target.to_string());
    if (is_new) return true;
    if (known->second == target.to_string()) return false;
    if (how.existing() == http::if_exists::number) return true;
    throw http::file_exists(target.to_string(), name, "is the name of " + known->second + ", too");
}

/// To standard output: the body, or the header where that is all there is.
task<> fetcher::print(const list_item& item, const http::url& target, file_id file) {
    auto request = make_.request(web_, item, target);
    request.raise_for_status(!chosen_.request.head && !chosen_.output.fail_with_body);
    if (const auto policy = make_.retries()) request.retry(*policy);
    if (chosen_.limits.max_filesize) request.max_body(*chosen_.limits.max_filesize);
    const auto held = co_await printing_.lock();
    auto reply = co_await request.send();
    http::downloaded done(reply.from(), http::file_path("-"));
    done.status = reply.status();
    auto out = standard_output();
    if (chosen_.request.head) co_await out.write(header_text(reply));
    while (auto piece = co_await reply.body().next()) {
        co_await out.write(*piece);
        done.bytes += piece->size();
    }
    done.received = done.bytes;
    save_etag();
    if (reply.status() >= 400) reply.raise_for_status();
    shown_.done(file, done);
}
