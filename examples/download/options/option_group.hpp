// The options of one subject, on a command line.
#pragma once
#include <CLI/CLI.hpp>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <tandem/base/clock.hpp>

/// Adds options to a command line under one heading of its help. Names are written as CLI11 has them
/// ("-o,--output"). Values are taken from left to right, as they stand on the command line, whichever option
/// they belong to; one that is given again replaces what it said before, unless it fills a list. What a value
/// is refused for is told behind the option's name, the value itself too unless it is a secret.
class option_group {
  public:
    option_group(CLI::App& app, std::string heading)
        : app_(app)
        , heading_(std::move(heading)) {}

    CLI::Option* flag(const std::string& names, bool& into, const std::string& help);
    /// Calls `take` where the flag is given.
    CLI::Option* flag(const std::string& names, std::function<void()> take, const std::string& help);

    /// Calls `take` with each value. It throws where that is not good (any std::exception), which is a usage
    /// error.
    CLI::Option* value(const std::string& names, const std::string& type,
                       std::function<void(const std::string&)> take, const std::string& help);

    CLI::Option* text(const std::string& names, const std::string& type, std::string& into,
                      const std::string& help);
    CLI::Option* text(const std::string& names, const std::string& type, std::optional<std::string>& into,
                      const std::string& help);
    /// One more with each time that it is given.
    CLI::Option* list(const std::string& names, const std::string& type, std::vector<std::string>& into,
                      const std::string& help);
    CLI::Option* number(const std::string& names, const std::string& type, int& into, int least, int most,
                        const std::string& help);
    CLI::Option* bytes(const std::string& names, std::optional<std::uint64_t>& into, const std::string& help);
    CLI::Option* length(const std::string& names, std::optional<tandem::duration>& into,
                        const std::string& help);

  private:
    CLI::App& app_;
    std::string heading_;
};
