// One file after the other, from the network to its place.
#pragma once
#include <optional>
#include <set>
#include <string>

#include "download/options.hpp"
#include "download/progress/display.hpp"
#include <tandem/coro/task.hpp>
#include <tandem/http/client.hpp>
#include <tandem/http/downloaded.hpp>

/// A file that is there, and how the display knows it.
struct fetched {
    file_id file;
    tandem::http::downloaded what;
};

/// Downloads as the options say, with a client of its own, and tells the display. Any number of files at a
/// time. Belongs to its loop's thread.
class fetcher {
  public:
    fetcher(const get_options& chosen, display& shown);

    /// A failure is reported here and now, and stops nobody else's work: then there is no file. Who gets one
    /// has to tell the display of its end.
    tandem::task<std::optional<fetched>> fetch(std::string link);

  private:
    tandem::task<tandem::http::downloaded> save(const tandem::http::url& target);

    const get_options& chosen_;
    display& shown_;
    tandem::http::client web_;
    /// File names that are taken, so that one link does not overwrite what another brought.
    std::set<std::string> names_;
};
