#include <tandem/http/download.hpp>

#include "download/download_run.hpp"

namespace tandem::http {

task<downloaded> download(request_builder request, download_options options) {
    detail::download_run work(request.core_, *request.parts_, options);
    co_return co_await work.run();
}

} // namespace tandem::http
