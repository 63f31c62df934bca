#include <tandem/base/error.hpp>

#include <cxxabi.h>

#include <cstdlib>
#include <memory>
#include <utility>

namespace tandem {

timed_out::timed_out(const std::string& what)
    : std::runtime_error(what) {}
timed_out::~timed_out() = default;
usage_error::~usage_error() = default;
task_cancelled::~task_cancelled() = default;
deadlock_error::~deadlock_error() = default;
exception_group::~exception_group() = default;

namespace {

std::string type_name(const std::exception_ptr& error) {
    const std::type_info* type = error.__cxa_exception_type();
    if (!type) return "unknown error";
    const std::unique_ptr<char, void (*)(void*)> readable(
        abi::__cxa_demangle(type->name(), nullptr, nullptr, nullptr), std::free);
    return readable ? readable.get() : type->name();
}

/// The lines of `text`, each but the first set in by `indent`.
std::string set_in(const std::string& text, const char* indent) {
    std::string lines;
    for (char c : text) {
        lines += c;
        if (c == '\n') lines += indent;
    }
    return lines;
}

} // namespace

std::string describe(const std::exception_ptr& error) {
    if (!error) return "no error";
    try {
        std::rethrow_exception(error);
    } catch (const std::exception& known) {
        return known.what();
    } catch (...) {
        return type_name(error);
    }
}

exception_group::exception_group(std::string message, std::vector<std::exception_ptr> errors)
    : errors_(std::move(errors))
    , text_(std::move(message)) {
    for (std::size_t i = 0; i < errors_.size(); ++i) {
        const bool last = i + 1 == errors_.size();
        text_ += last ? "\n└─ " : "\n├─ ";
        text_ += set_in(describe(errors_[i]), last ? "   " : "│  ");
    }
}

} // namespace tandem
