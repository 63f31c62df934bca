#include <tandem/http/middleware.hpp>

#include "client_core.hpp"
#include "exchange.hpp"
#include "middleware_chain.hpp"

namespace tandem::http {

task<response> next::operator()(outgoing request) const {
    return detail::run_middleware(core_, place_, std::move(*request.parts_));
}

namespace detail {

task<response> run_middleware(std::shared_ptr<client_core> core, std::size_t place, request_parts parts) {
    const auto& all = core->options.middlewares();
    if (place < all.size()) {
        outgoing request(core, std::move(parts));
        co_return co_await all[place](request, next(core, place + 1));
    }
    auto work = make_recycled<exchange>(std::move(core), std::move(parts));
    co_await work->within_total(work->open_for_middleware());
    co_return response(std::move(work));
}

task<std::shared_ptr<exchange>> open_through_middleware(std::shared_ptr<client_core> core,
                                                        request_parts parts) {
    const auto target = parts.target.to_string();
    const error_site site(target);
    const auto limit = parts.settings.limits.total;
    parts.began = loop::current().now();
    auto work = run_middleware(std::move(core), 0, std::move(parts));
    if (!limit) {
        auto reply = co_await std::move(work);
        co_return exchange::of(reply);
    }
    try {
        auto reply = co_await timeout(*limit, std::move(work));
        co_return exchange::of(reply);
    } catch (const timed_out&) {
        site.fail_timed_out(time_limit::total, *limit);
    }
}

} // namespace detail

} // namespace tandem::http
