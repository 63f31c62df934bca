#include "pool/function_figures.hpp"

#include <algorithm>

#include "pool/call.hpp"
#include "pool/code_address.hpp"
#include "pool/symbol_name.hpp"

namespace tandem::detail {

function_figures::function_figures(const encoded_call& call)
    : function_(call.function)
    , closure_(call.closure ? call.closure->name() : "")
    , is_chunk_(call.items != 0) {}

void function_figures::note_run(duration wait, duration run, std::size_t items) noexcept {
    note_times(wait, run);
    deaths_ = 0;
    const duration::rep each = run.count() / static_cast<duration::rep>(std::max<std::size_t>(items, 1));
    // The mean of all while these are few.
    ++runs_;
    const auto weight = static_cast<duration::rep>(std::min<std::uint64_t>(runs_, 8));
    mean_ = mean_ + (each - mean_) / weight;
}

std::optional<duration> function_figures::expected_time(std::size_t items) const noexcept {
    if (runs_ == 0) return std::nullopt;
    return duration(mean_ * static_cast<duration::rep>(std::max<std::size_t>(items, 1)));
}

const std::string& function_figures::name() const {
    if (name_.empty()) {
        name_ = function_ ? describe_code_address(function_) : demangle(closure_.c_str());
        if (is_chunk_) name_ += ", in chunks";
    }
    return name_;
}

function_figures& function_book::of(const encoded_call& call) {
    const key wanted{call.function ? call.function : call.closure, call.items != 0};
    if (const auto at = found_.find(wanted); at != found_.end()) return *at->second;
    const std::lock_guard lock(access_);
    in_order_.push_back(std::make_unique<function_figures>(call));
    return *found_.emplace(wanted, in_order_.back().get()).first->second;
}

const std::string& function_book::unique_name(std::size_t index) const {
    while (names_.size() <= index) {
        const std::string& name = in_order_[names_.size()]->name();
        std::string unique = name;
        for (int number = 2; std::find(names_.begin(), names_.end(), unique) != names_.end(); ++number)
            unique = name + " #" + std::to_string(number);
        names_.push_back(std::move(unique));
    }
    return names_[index];
}

} // namespace tandem::detail
