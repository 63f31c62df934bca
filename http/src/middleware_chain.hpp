// How a request gets through its client's middleware.
#pragma once
#include <cstddef>
#include <memory>

#include <tandem/coro/task.hpp>
#include <tandem/http/response.hpp>

#include "request_parts.hpp"

namespace tandem::http::detail {

class client_core;
class exchange;

/// What the middleware from `place` on, and then the client, makes of a request.
task<response> run_middleware(std::shared_ptr<client_core> core, std::size_t place, request_parts parts);

/// The same from the first on, within the request's total time-out: the exchange whose reply the caller gets.
task<std::shared_ptr<exchange>> open_through_middleware(std::shared_ptr<client_core> core,
                                                        request_parts parts);

} // namespace tandem::http::detail
