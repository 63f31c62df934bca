// tandem-demo: the same downloads and thumbnails in several ways, and a table of what each took.
#include "common/progress_line.hpp"
#include "demo/modes.hpp"
#include "demo/options.hpp"
#include "demo/origin_process.hpp"
#include "demo/report.hpp"

#include <cerrno>
#include <chrono>
#include <filesystem>
#include <fmt/format.h>
#include <optional>
#include <sstream>
#include <system_error>
#include <tandem/coro/sleep.hpp>
#include <tandem/coro/task_group.hpp>
#include <tandem/http/client.hpp>
#include <tandem/run.hpp>
#include <thread>
#include <unistd.h>

using namespace std::chrono_literals;
namespace http = tandem::http;
using tandem::task;

namespace {

/// The hybrid's share of coroutines: as many as keep the pool busy while they wait for the network.
constexpr int hybrid_at_once = 32;

class demo {
  public:
    explicit demo(const demo_options& chosen)
        : chosen_(chosen)
        , folder_(chosen.folder)
        , origin_({"--files", std::to_string(chosen.files), "--latency", std::to_string(chosen.latency),
                   "--corrupt", std::to_string(chosen.corrupt)}) {}

    /// Runs everything; returns the program's exit status.
    task<int> run() {
        try {
            co_await prepare();
            co_await compare_downloads();
            co_await compare_thumbnails();
            co_await compare_hybrid();
        } catch (const tandem::cancelled&) {
            folder_.clear_temporary(); // of workers that were killed
            throw;
        }
        for (auto& line : complaints_)
            progress_.print(line);
        if (complaints_.empty())
            fmt::print("\nEvery byte of every file was right; the last are in {}.\n", folder_.path());
        co_return complaints_.empty() ? 0 : 1;
    }

  private:
    task<> prepare() {
        progress_.show("making the origin's photos");
        base_ = co_await origin_.url();
        photo_digests_ = parse_digests(co_await control_.get(base_ + "/SHA256SUMS").text());
        for (auto& [name, digest] : photo_digests_)
            links_.push_back(base_ + '/' + name);
        progress_.clear();
        fmt::print("{} photos from a server process on this machine, {} ms of latency each; {} cores.\n",
                   links_.size(), chosen_.latency, std::thread::hardware_concurrency());
    }

    task<> compare_downloads() {
        table rows("downloads");
        co_await compare_download(rows, "sequential", "sequential",
                                  download_with_coroutines(links_, path(), 1));
        co_await compare_download(rows, "threads", "8 threads from a queue",
                                  download_with_threads(links_, path(), 8));
        co_await compare_download(rows, "processes", "4 processes",
                                  download_with_processes(links_, path(), 4));
        for (int at_once : {8, hybrid_at_once, 96}) {
            auto result = co_await compare_download(rows, "coroutines", fmt::format("{} coroutines", at_once),
                                                    download_with_coroutines(links_, path(), at_once));
            if (at_once == hybrid_at_once) download_half_ = result;
        }
    }

    task<std::optional<row>> compare_download(table& rows, std::string mode, std::string title, task<> work) {
        if (!chosen_.wants(mode)) co_return std::nullopt;
        folder_.clear();
        long before = co_await photo_connections();
        row result(title, co_await measure(title, std::move(work)));
        result.connections = co_await photo_connections() - before;
        result.verified = verify(folder_, photo_digests_, complaints_);
        rows.print(result);
        co_return result;
    }

    task<> compare_thumbnails() {
        if (!chosen_.wants("thumbnails") && !chosen_.wants("pool")) co_return;
        folder_.clear();
        co_await measure("downloading the photos", download_with_coroutines(links_, path(), hybrid_at_once));
        std::vector<std::string> photos;
        for (auto& [name, digest] : photo_digests_)
            photos.push_back(folder_ / name);

        table rows("thumbnails");
        co_await compare_thumbnail(rows, "thumbnails", "sequential", make_thumbnails_in_sequence(photos));
        thumbnail_half_ =
            co_await compare_thumbnail(rows, "pool", "process pool", make_thumbnails_in_pool(photos));
    }

    task<std::optional<row>> compare_thumbnail(table& rows, std::string mode, std::string title,
                                               task<> work) {
        if (!chosen_.wants(mode)) co_return std::nullopt;
        folder_.clear_thumbnails();
        row result(title, co_await measure(title, std::move(work)));
        result.verified = verify_thumbnails();
        rows.print(result);
        co_return result;
    }

    task<> compare_hybrid() {
        if (!chosen_.wants("hybrid")) co_return;
        table rows("both");
        if (download_half_ && thumbnail_half_) {
            row halves(download_half_->mode + ", then " + thumbnail_half_->mode,
                       download_half_->seconds + thumbnail_half_->seconds);
            halves.verified = download_half_->verified + thumbnail_half_->verified;
            rows.print(halves);
        }
        folder_.clear();
        auto title = fmt::format("hybrid: {} coroutines and pool", hybrid_at_once);
        row result(title,
                   co_await measure(title, download_and_make_thumbnails(links_, path(), hybrid_at_once)));
        result.verified = verify(folder_, photo_digests_, complaints_) + verify_thumbnails();
        rows.print(result);
    }

    /// The first ones are looked into; whoever makes them later has to get the same bytes.
    account verify_thumbnails() {
        if (thumbnail_digests_.empty()) {
            thumbnail_digests_ = inspect_thumbnails(folder_, photo_digests_, complaints_);
        }
        return verify(folder_, thumbnail_digests_, complaints_);
    }

    /// Runs `work` with a progress line beside it, and returns the seconds it took.
    task<double> measure(std::string title, task<> work) {
        double seconds = 0;
        co_await tandem::with_group([&](tandem::task_group& group) -> task<> {
            group.spawn(show_progress(title));
            auto start = std::chrono::steady_clock::now();
            co_await std::move(work);
            seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
            group.cancel();
        });
        progress_.clear();
        co_return seconds;
    }

    task<> show_progress(std::string title) {
        for (;;) {
            progress_.show(fmt::format("{}: {} files", title, folder_.count()));
            co_await tandem::sleep(100ms);
        }
    }

    /// How many connections have asked the origin for photos. The demo's own questions do not count.
    task<long> photo_connections() {
        std::istringstream lines(co_await control_.get(base_ + "/stats").text());
        std::string name;
        long count = 0;
        while (lines >> name >> count && name != "photo_connections") {
        }
        co_return count;
    }

    const std::string& path() const { return folder_.path(); }

    const demo_options& chosen_;
    demo_folder folder_;
    origin_process origin_;
    http::client control_;
    progress_line progress_;
    std::string base_;
    names links_;
    digest_map photo_digests_;
    digest_map thumbnail_digests_;
    /// What the hybrid is compared with: its halves, one after the other.
    std::optional<row> download_half_;
    std::optional<row> thumbnail_half_;
    std::vector<std::string> complaints_;
};

/// Becomes tandem-get, which stands beside this program. Returns only to throw.
void download_instead(const demo_options& chosen) {
    auto get = std::filesystem::read_symlink("/proc/self/exe").parent_path() / "tandem-get";
    std::vector<std::string> words = {get.string(), "--thumbnail", std::to_string(thumbnail_edge),
                                      "--output-dir", chosen.folder};
    if (!chosen.input_file.empty()) words.insert(words.end(), {"--input-file", chosen.input_file});
    words.push_back("--");
    words.insert(words.end(), chosen.links.begin(), chosen.links.end());
    std::vector<char*> pointers;
    for (auto& word : words)
        pointers.push_back(word.data());
    pointers.push_back(nullptr);
    ::execv(pointers[0], pointers.data());
    throw std::system_error(errno, std::generic_category(), words[0]);
}

task<int> async_main(std::vector<std::string> arguments) {
    demo_options chosen;
    if (auto status = read_options(chosen, arguments)) co_return *status;
    if (!chosen.links.empty() || !chosen.input_file.empty()) download_instead(chosen);
    demo program(chosen);
    co_return co_await program.run();
}

} // namespace

int main(int argc, char** argv) {
    return tandem::run(argc, argv, async_main);
}
