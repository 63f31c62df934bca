#include "download/fetcher.hpp"

#include <stdexcept>

namespace http = tandem::http;
using tandem::task;

fetcher::fetcher(const get_options& chosen, display& shown)
    : chosen_(chosen)
    , shown_(shown)
    , web_(http::client_options()
               .ca_file(chosen.tls.ca_file)
               .per_host(static_cast<std::size_t>(chosen.limits.jobs))) {}

task<std::optional<fetched>> fetcher::fetch(std::string link) {
    std::optional<http::url> target;
    try {
        target.emplace(link);
    } catch (const http::bad_url& error) {
        shown_.failed(error.what());
        co_return std::nullopt;
    }
    const auto file = shown_.begin(target->to_string());
    try {
        auto done = co_await save(*target);
        co_return fetched{file, std::move(done)};
    } catch (const http::error& error) { // names the URL itself
        shown_.failed(file, error.what());
    } catch (const std::exception& error) {
        shown_.failed(file, target->to_string() + ": " + error.what());
    }
    co_return std::nullopt;
}

task<http::downloaded> fetcher::save(const http::url& target) {
    if (!names_.insert(target.file_name()).second)
        throw std::runtime_error("another URL of this run has the file name " + target.file_name());
    const auto begun = tandem::clock::now();
    auto saved = co_await web_.get(target).save_to(chosen_.output.folder);
    http::downloaded done(target, saved.path);
    done.bytes = done.received = saved.bytes;
    done.took = tandem::clock::now() - begun;
    co_return done;
}
