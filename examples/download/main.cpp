// tandem-get: URLs in, files out, and thumbnails of them where asked for.
#include "common/progress_line.hpp"
#include "download/link_source.hpp"
#include "download/options.hpp"
#include "thumbnail/thumbnail.hpp"

#include <fmt/format.h>
#include <iostream>
#include <optional>
#include <set>
#include <tandem/coro/for_each.hpp>
#include <tandem/http.hpp>
#include <tandem/pool/process_pool.hpp>

namespace http = tandem::http;
using tandem::task;

namespace {

/// One run of the program: its connections, its workers, and the account of what came of each link.
class downloads {
  public:
    explicit downloads(const get_options& chosen)
        : chosen_(chosen)
        , web_(http::client_options()
                   .ca_file(chosen.ca_file)
                   .per_host(static_cast<std::size_t>(chosen.jobs))) {
        if (chosen.thumbnail > 0) cpu_.emplace();
    }

    /// Downloads every link; returns the program's exit status.
    task<int> all(link_source& links) {
        try {
            auto at_once = tandem::at_most(static_cast<std::size_t>(chosen_.jobs));
            auto download = [&](std::string link) { return one(std::move(link)); };
            co_await tandem::for_each(links, at_once, download);
        } catch (const tandem::cancelled&) {
            progress_.print(summary());
            throw;
        }
        progress_.print(summary());
        co_return failed_ == 0 ? 0 : 1;
    }

  private:
    /// Downloads one link. A failure is reported here and now, and stops nobody else's work.
    task<> one(std::string link) {
        ++taken_;
        try {
            co_await fetch(link);
            ++saved_;
        } catch (const http::error& error) { // names the URL itself
            fail(error.what());
        } catch (const std::exception& error) {
            fail(http::url(link).to_string() + ": " + error.what());
        }
        progress_.show(summary());
    }

    task<> fetch(const std::string& link) {
        http::url target(link);
        if (!names_.insert(target.file_name()).second) {
            throw std::runtime_error("another URL of this run has the file name " + target.file_name());
        }
        auto saved = co_await web_.get(target).save_to(chosen_.folder);
        bytes_ += saved.bytes;
        if (cpu_) co_await cpu_->run(make_thumbnail, saved.path.string(), chosen_.thumbnail);
    }

    void fail(std::string_view why) {
        ++failed_;
        progress_.print(why);
    }

    std::string summary() const {
        return fmt::format("{} of {} saved, {:.1f} MB, {} failed", saved_, taken_, bytes_ / 1e6, failed_);
    }

    const get_options& chosen_;
    http::client web_;
    std::optional<tandem::process_pool> cpu_;
    progress_line progress_;
    /// File names that are taken, so that one link does not overwrite what another brought.
    std::set<std::string> names_;
    std::size_t taken_ = 0;
    std::size_t saved_ = 0;
    std::size_t failed_ = 0;
    double bytes_ = 0;
};

task<int> async_main(std::vector<std::string> arguments) {
    get_options chosen;
    if (auto status = read_options(chosen, std::move(arguments))) co_return *status;
    std::optional<link_source> links;
    try {
        links.emplace(chosen.links, !chosen.literal, chosen.input_file);
    } catch (const std::runtime_error& error) {
        std::cerr << error.what() << '\n';
        co_return 2;
    }
    downloads run(chosen);
    co_return co_await run.all(*links);
}

} // namespace

int main(int argc, char** argv) {
    return tandem::run(argc, argv, async_main);
}
