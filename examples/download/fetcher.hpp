// One file after the other, from the network to its place.
#pragma once
#include <exception>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>

#include "download/list_item.hpp"
#include "download/modes/item_queue.hpp"
#include "download/options.hpp"
#include "download/progress/display.hpp"
#include "download/request_log.hpp"
#include "download/request_maker.hpp"
#include <tandem/coro/stream.hpp>
#include <tandem/coro/task.hpp>
#include <tandem/http/client.hpp>
#include <tandem/http/download_item.hpp>
#include <tandem/http/downloaded.hpp>
#include <tandem/http/middleware.hpp>
#include <tandem/sync/mutex.hpp>

/// A file that is there, and how the display knows it.
struct fetched {
    file_id file;
    tandem::http::downloaded what;
};

/// Downloads as the options say, with a client of its own, and tells the display. Any number of files at a
/// time. Belongs to its loop's thread.
class fetcher {
  public:
    /// Throws std::exception for what options name and cannot be used.
    fetcher(const get_options& chosen, display& shown);
    /// Writes the cookies where the options say; that it fails is told to the display, and a failure of the
    /// run.
    ~fetcher();

    /// A failure is reported here and now, and stops nobody else's work: then there is no file. Who gets one
    /// has to tell the display of its end. There is none either of what was printed, or had come already.
    tandem::task<std::optional<fetched>> fetch(list_item item);

    /// The same with all items, `--jobs` of them at a time, and fewer of a host that says it has too much to
    /// do (download_set). `then` is awaited for each file, and holds up the downloads while it waits; without
    /// it nothing is to be done with them, and it is told here that they are done.
    tandem::task<> fetch_all(item_queue& items, std::function<tandem::task<>(fetched)> then = nullptr);

  private:
    /// Hears of the downloads of a set, and tells the display. That never asks for one that repeats another,
    /// so that only those of which something was heard become known.
    class watch {
      public:
        explicit watch(display& shown) noexcept
            : shown_(shown) {}
        /// Of the download with this number in the set.
        void note(std::size_t number, const tandem::http::download_progress& now);
        /// It has ended. Nothing where nothing was heard of it.
        std::optional<file_id> take(std::size_t number);

      private:
        display& shown_;
        std::unordered_map<std::size_t, file_id> known_;
    };
    tandem::stream<tandem::http::download_item> to_download(item_queue& items, watch& by);
    std::optional<tandem::http::download_item> prepare(const list_item& item, std::size_t number, watch& by);
    bool prints(const list_item& item) const noexcept { return item.out == "-" || chosen_.request.head; }
    void report(file_id file, const std::string& url, const std::exception_ptr& failure);
    tandem::task<std::optional<fetched>> bring(const list_item& item, const tandem::http::url& target,
                                               file_id file);
    tandem::task<> print(const list_item& item, const tandem::http::url& target, file_id file);
    bool take_name(const tandem::http::url& target, const tandem::http::download_options& how);
    tandem::http::client_options client_options();
    tandem::http::middleware note_etag();
    void save_etag() const;

    const get_options& chosen_;
    display& shown_;
    request_maker make_;
    request_log log_;
    tandem::http::client web_;
    /// Whose names are taken, so that one link does not overwrite what another brought.
    std::map<std::string, std::string> names_;
    /// Standard output is for one at a time.
    tandem::mutex printing_;
    /// Of the reply that came last.
    std::string etag_;
};
