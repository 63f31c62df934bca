// tandem-get: URLs in, files out, and thumbnails of them where asked for.
#include "download/link_source.hpp"
#include "download/options.hpp"
#include "download/progress/display.hpp"
#include "thumbnail/thumbnail.hpp"

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
    downloads(const get_options& chosen, display& shown)
        : chosen_(chosen)
        , shown_(shown)
        , web_(http::client_options()
                   .ca_file(chosen.tls.ca_file)
                   .per_host(static_cast<std::size_t>(chosen.limits.jobs))) {
        if (chosen.steps.thumbnail > 0) cpu_.emplace();
    }

    /// Downloads every link.
    task<> all(link_source& links) {
        auto at_once = tandem::at_most(static_cast<std::size_t>(chosen_.limits.jobs));
        auto download = [&](std::string link) { return one(std::move(link)); };
        co_await tandem::for_each(links, at_once, download);
    }

  private:
    /// Downloads one link. A failure is reported here and now, and stops nobody else's work.
    task<> one(std::string link) {
        std::optional<http::url> target;
        try {
            target.emplace(link);
        } catch (const http::bad_url& error) {
            shown_.failed(error.what());
            co_return;
        }
        const auto file = shown_.begin(target->to_string());
        try {
            auto done = co_await fetch(*target, file);
            shown_.done(file, done);
        } catch (const http::error& error) { // names the URL itself
            shown_.failed(file, error.what());
        } catch (const std::exception& error) {
            shown_.failed(file, target->to_string() + ": " + error.what());
        }
    }

    task<http::downloaded> fetch(const http::url& target, file_id file) {
        if (!names_.insert(target.file_name()).second) {
            throw std::runtime_error("another URL of this run has the file name " + target.file_name());
        }
        const auto begun = tandem::clock::now();
        auto saved = co_await web_.get(target).save_to(chosen_.output.folder);
        http::downloaded done(target, saved.path);
        done.bytes = done.received = saved.bytes;
        done.took = tandem::clock::now() - begun;
        if (cpu_) {
            shown_.step(file, "thumbnail");
            co_await cpu_->run(make_thumbnail, saved.path.string(), chosen_.steps.thumbnail);
        }
        co_return done;
    }

    const get_options& chosen_;
    display& shown_;
    http::client web_;
    std::optional<tandem::process_pool> cpu_;
    /// File names that are taken, so that one link does not overwrite what another brought.
    std::set<std::string> names_;
};

task<int> async_main(std::vector<std::string> arguments) {
    get_options chosen;
    if (auto status = read_options(chosen, std::move(arguments))) co_return *status;
    std::optional<link_source> links;
    try {
        links.emplace(chosen.source.links, !chosen.source.literal, chosen.source.input_file);
    } catch (const std::runtime_error& error) {
        std::cerr << error.what() << '\n';
        co_return 2;
    }
    const auto shown = make_display(form_for_user());
    const log_on_display log(*shown);
    downloads run(chosen, *shown);
    try {
        co_await show_while(*shown, run.all(*links));
    } catch (const tandem::cancelled&) {
        shown->finish();
        throw;
    }
    shown->finish();
    co_return shown->failures() == 0 ? 0 : 1;
}

} // namespace

int main(int argc, char** argv) {
    return tandem::run(argc, argv, async_main);
}
