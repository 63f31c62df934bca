#include "demo/modes.hpp"

#include "thumbnail/thumbnail.hpp"
#include <mutex>
#include <optional>
#include <stop_token>
#include <tandem/coro/for_each.hpp>
#include <tandem/coro/sleep.hpp>
#include <tandem/coro/task_group.hpp>
#include <tandem/http/client.hpp>
#include <tandem/pool/process_pool.hpp>
#include <tandem/threads/block_on.hpp>
#include <tandem/threads/thread_pool.hpp>

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

/// Links that several threads take from.
class work_queue {
  public:
    explicit work_queue(names links)
        : links_(std::move(links)) {}

    std::optional<std::string> pop() {
        std::lock_guard lock(mutex_);
        if (next_ == links_.size()) return std::nullopt;
        return links_[next_++];
    }

  private:
    std::mutex mutex_;
    names links_;
    std::size_t next_ = 0;
};

task<> download_from_queue(work_queue& queue, std::string folder) {
    http::client web;
    while (auto link = queue.pop())
        co_await download(web, *link, folder);
}

task<> download_one_by_one(names links, std::string folder) {
    http::client web;
    for (auto& link : links)
        co_await download(web, link, folder);
}

/// Runs `work` in a thread or process that has no loop yet, until it is done or the pool wants it to stop.
void run_here(std::stop_token stop, task<> work) {
    try {
        tandem::block_on(stop, std::move(work));
    } catch (const tandem::cancelled&) { // as wanted
    }
}

/// What a thread of the thread pool runs.
void thread_work(std::stop_token stop, work_queue* queue, std::string folder) {
    run_here(stop, download_from_queue(*queue, folder));
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
    work_queue queue(std::move(links));
    tandem::thread_pool threads(static_cast<std::size_t>(count));
    co_await tandem::with_group([&](tandem::task_group& group) -> task<> {
        for (int i = 0; i < count; ++i)
            group.spawn(threads.run(thread_work, &queue, folder));
        co_return;
    });
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
