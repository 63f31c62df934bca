// One of many downloads.
#pragma once
#include <utility>

#include <tandem/base/config.hpp>
#include <tandem/http/download_options.hpp>
#include <tandem/http/request_builder.hpp>

namespace tandem::http {

/// What `http::download` takes, as a value.
class TANDEM_API download_item {
  public:
    explicit download_item(request_builder what, download_options how = download_options())
        : request(std::move(what))
        , options(std::move(how)) {}

    request_builder request;
    download_options options;
};

} // namespace tandem::http
