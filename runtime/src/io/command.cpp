#include <tandem/io/command.hpp>

#include <algorithm>
#include <iterator>
#include <unistd.h>

#include <tandem/base/error.hpp>

namespace tandem {
namespace {

void check_name(const std::string& name) {
    if (name.empty() || name.find('=') != std::string::npos)
        throw usage_error("command: '" + name + "' is not the name of an environment variable");
}

/// The variable `name` in an environment; its end if there is none.
auto find_variable(std::vector<std::string>& environment, const std::string& name) {
    return std::find_if(environment.begin(), environment.end(), [&](const std::string& each) {
        return each.size() > name.size() && each[name.size()] == '=' && each.starts_with(name);
    });
}

/// Quoted where a shell would see more in it than letters.
std::string quoted(const std::string& word) {
    constexpr std::string_view plain =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./=:,+@%^";
    if (!word.empty() && word.find_first_not_of(plain) == std::string::npos) return word;
    std::string text = "'";
    for (const char each : word) {
        if (each == '\'')
            text += "'\\''";
        else
            text += each;
    }
    return text + "'";
}

} // namespace

command& command::arguments(std::vector<std::string> more) {
    std::move(more.begin(), more.end(), std::back_inserter(arguments_));
    return *this;
}

command& command::set(std::string name, std::string value) {
    check_name(name);
    changes_.push_back(change{std::move(name), std::move(value)});
    return *this;
}

command& command::unset(std::string name) {
    check_name(name);
    changes_.push_back(change{std::move(name), std::nullopt});
    return *this;
}

command& command::clear_environment() {
    begins_empty_ = true;
    changes_.clear();
    return *this;
}

std::vector<std::string> command::environment() const {
    std::vector<std::string> made;
    for (char** each = begins_empty_ ? nullptr : environ; each && *each; ++each)
        made.emplace_back(*each);
    for (const change& one : changes_) {
        const auto found = find_variable(made, one.name);
        if (!one.value) {
            if (found != made.end()) made.erase(found);
        } else if (found != made.end()) {
            *found = one.name + '=' + *one.value;
        } else {
            made.push_back(one.name + '=' + *one.value);
        }
    }
    return made;
}

std::string command::to_string() const {
    std::string text = quoted(program_);
    for (const std::string& each : arguments_)
        text += ' ' + quoted(each);
    return text;
}

} // namespace tandem
