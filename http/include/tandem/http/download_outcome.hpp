// What has come of one of many downloads.
#pragma once
#include <cstddef>
#include <utility>

#include <tandem/base/config.hpp>
#include <tandem/base/result.hpp>
#include <tandem/http/downloaded.hpp>
#include <tandem/http/url.hpp>

namespace tandem::http {

/// The file, or the error in its place, which names the URL:
///
///     if (outcome.file) std::cout << outcome.file->path.string(); else std::cerr << outcome.file.what();
class TANDEM_API download_outcome {
  public:
    download_outcome(std::size_t number, url what, result<downloaded> how) noexcept
        : index(number)
        , asked(std::move(what))
        , file(std::move(how)) {}

    /// The item's number in the source, from 0; those that were not fetched a second time count.
    std::size_t index;
    url asked;
    result<downloaded> file;
};

} // namespace tandem::http
