#include "demo/modes.hpp"

#include "common/concurrency.hpp"
#include "thumbnail/thumbnail.hpp"
#include <optional>
#include <stop_token>
#include <tandem/coro/for_each.hpp>
#include <tandem/coro/sleep.hpp>
#include <tandem/coro/task_group.hpp>
#include <tandem/http/client.hpp>
#include <tandem/pool/process_pool.hpp>

namespace http = tandem::http;
using tandem::at_most;
using tandem::for_each;
using tandem::task;

namespace {

/// The download that every mode runs.
task<std::string> download(http::client& web, const std::string& link, const std::string& folder) {
    auto saved = co_await web.get(link).save_to(folder);
    co_return saved.path.string();
}

task<> download_from_queue(work_queue<std::string>& queue, std::string folder) {
    http::client web;
    while (auto link = queue.pop())
        co_await download(web, *link, folder);
}

task<> download_one_by_one(names links, std::string folder) {
    http::client web;
    for (auto& link : links)
        co_await download(web, link, folder);
}

/// What a worker of the process pool runs.
void process_work(std::stop_token stop, names links, std::string folder) {
    run_here(stop, download_one_by_one(links, folder));
}

} // namespace

task<> download_with_coroutines(names links, std::string folder, int at_once) {
    http::client web;
    co_await for_each(links, at_most(static_cast<std::size_t>(at_once)),
                      [&](std::string& link) { return download(web, link, folder); });
}

task<> download_with_threads(names links, std::string folder, int count) {
    std::size_t next = 0;
    work_queue<std::string> queue([&]() -> std::optional<std::string> {
        if (next == links.size()) return std::nullopt;
        return links[next++];
    });
    co_await run_in_threads(static_cast<std::size_t>(count),
                            [&] { return download_from_queue(queue, folder); });
}

task<> download_with_processes(names links, std::string folder, int count) {
    std::vector<names> shares(static_cast<std::size_t>(count));
    for (std::size_t i = 0; i < links.size(); ++i)
        shares[i % shares.size()].push_back(links[i]);

    tandem::process_pool processes(tandem::process_pool_options().workers(static_cast<unsigned>(count)));
    co_await tandem::with_group([&](tandem::task_group& group) -> task<> {
        for (auto& share : shares)
            group.spawn(processes.run(process_work, share, folder));
        co_return;
    });
}

task<> make_thumbnails_in_sequence(names files) {
    for (auto& file : files) {
        make_thumbnail(file, thumbnail_edge);
        co_await tandem::sleep(tandem::duration::zero()); // for the progress line and Ctrl-C
    }
}

task<> make_thumbnails_in_pool(names files) {
    tandem::process_pool cpu;
    co_await for_each(files, at_most(files.size()),
                      [&](std::string& file) { return cpu.run(make_thumbnail, file, thumbnail_edge); });
}

task<> download_and_make_thumbnails(names links, std::string folder, int at_once) {
    http::client web;
    tandem::process_pool cpu;
    auto one = [&](std::string& link) -> task<> {
        auto file = co_await download(web, link, folder);
        co_await cpu.run(make_thumbnail, file, thumbnail_edge);
    };
    co_await for_each(links, at_most(static_cast<std::size_t>(at_once)), one);
}
