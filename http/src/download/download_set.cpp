#include <tandem/http/download_set.hpp>

#include "download/set_run.hpp"

namespace tandem::http {

class download_set::state {
  public:
    state(stream<download_item> items, const download_set_options& options)
        : run(std::make_shared<detail::set_run>(std::move(items), options))
        , outcomes(start(run)) {}

    std::shared_ptr<detail::set_run> run;
    result_stream<std::unique_ptr<detail::set_run::entry>> outcomes;

  private:
    static result_stream<std::unique_ptr<detail::set_run::entry>>
    start(const std::shared_ptr<detail::set_run>& run) {
        // Each has the run to itself: it may end after the set has been dropped.
        const auto bring = [run](detail::set_run::slot) { return detail::set_run::bring_next(run); };
        return map_concurrent(detail::set_run::slots(run), at_most(run->most_under_way()), as_they_complete,
                              bring);
    }
};

download_set::download_set(stream<download_item> items, const download_set_options& options)
    : state_(std::make_unique<state>(std::move(items), options)) {}

download_set::download_set(download_set&&) noexcept = default;
download_set& download_set::operator=(download_set&&) noexcept = default;
download_set::~download_set() = default;

task<std::optional<download_outcome>> download_set::next() {
    return next_of(*state_);
}

task<std::optional<download_outcome>> download_set::next_of(state& of) {
    while (auto slot = co_await of.outcomes.next())
        if (*slot) co_return detail::set_run::outcome_of(**slot);
    of.run->throw_source_error();
    co_return std::nullopt;
}

task<> download_set::close() {
    return state_->outcomes.close();
}

std::size_t download_set::at_once(std::string_view origin) const {
    return state_->run->at_once(origin);
}

download_set_statistics download_set::statistics() const noexcept {
    return state_->run->statistics();
}

} // namespace tandem::http
