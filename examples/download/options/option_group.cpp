#include "download/options/option_group.hpp"

#include <utility>

#include "download/options/quantity.hpp"

namespace {

/// The long name that an error calls the option by.
std::string called(const CLI::Option& option) {
    return option.get_lnames().empty() ? option.get_name() : "--" + option.get_lnames().front();
}

} // namespace

CLI::Option* option_group::value(const std::string& names, const std::string& type,
                                 std::function<void(const std::string&)> take, const std::string& help) {
    // The callback may outlive this call, and the option does not know itself.
    auto self = std::make_shared<CLI::Option*>(nullptr);
    auto* option = app_.add_option(
        names,
        [take = std::move(take), self](const CLI::results_t& values) {
            try {
                take(values.back());
            } catch (const CLI::Error&) {
                throw;
            } catch (const std::exception& trouble) {
                throw CLI::ValidationError(called(**self), trouble.what());
            }
            return true;
        },
        help);
    *self = option;
    return option->type_name(type)->type_size(1)->expected(1)->group(heading_)->trigger_on_parse();
}

CLI::Option* option_group::flag(const std::string& names, std::function<void()> take,
                                const std::string& help) {
    return app_.add_flag_callback(names, std::move(take), help)->group(heading_)->trigger_on_parse();
}

CLI::Option* option_group::flag(const std::string& names, bool& into, const std::string& help) {
    return flag(
        names, [&into] { into = true; }, help);
}

CLI::Option* option_group::text(const std::string& names, const std::string& type, std::string& into,
                                const std::string& help) {
    return value(
        names, type, [&into](const std::string& given) { into = given; }, help);
}

CLI::Option* option_group::text(const std::string& names, const std::string& type,
                                std::optional<std::string>& into, const std::string& help) {
    return value(
        names, type, [&into](const std::string& given) { into = given; }, help);
}

CLI::Option* option_group::list(const std::string& names, const std::string& type,
                                std::vector<std::string>& into, const std::string& help) {
    return value(
        names, type, [&into](const std::string& given) { into.push_back(given); }, help);
}

CLI::Option* option_group::number(const std::string& names, const std::string& type, int& into, int least,
                                  int most, const std::string& help) {
    return value(
        names, type,
        [&into, least, most](const std::string& given) {
            into = static_cast<int>(number_from(given, least, most));
        },
        help);
}

CLI::Option* option_group::bytes(const std::string& names, std::optional<std::uint64_t>& into,
                                 const std::string& help) {
    return value(
        names, "BYTES", [&into](const std::string& given) { into = bytes_from(given); }, help);
}

CLI::Option* option_group::length(const std::string& names, std::optional<tandem::duration>& into,
                                  const std::string& help) {
    return value(
        names, "TIME", [&into](const std::string& given) { into = length_from(given); }, help);
}
