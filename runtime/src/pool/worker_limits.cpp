#include <tandem/pool/worker_limits.hpp>

#include <filesystem>
#include <stdexcept>

namespace tandem {

namespace {

const std::string& checked_name(const std::string& name) {
    if (name.empty() || name.find('=') != std::string::npos || name.find('\0') != std::string::npos)
        throw std::invalid_argument("worker_limits: '" + name + "' cannot name an environment variable");
    return name;
}

} // namespace

worker_limits& worker_limits::cpu_time(duration limit) noexcept {
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(limit).count();
    values_.cpu_seconds = seconds > 0 ? static_cast<std::uint64_t>(seconds) : 1;
    return *this;
}

worker_limits& worker_limits::working_directory(const std::string& path) {
    values_.working_directory = std::filesystem::absolute(path).string();
    return *this;
}

worker_limits& worker_limits::environment(std::string name, std::string value) {
    checked_name(name);
    if (value.find('\0') != std::string::npos)
        throw std::invalid_argument("worker_limits: the value of " + name + " has a zero byte in it");
    environment_.emplace_back(std::move(name), std::move(value));
    return *this;
}

worker_limits& worker_limits::without_environment(std::string name) {
    checked_name(name);
    environment_.emplace_back(std::move(name), std::nullopt);
    return *this;
}

worker_limits& worker_limits::one_core_each() noexcept {
    values_.one_core_each = true;
    values_.cores.clear();
    return *this;
}

worker_limits& worker_limits::cores(std::vector<unsigned> numbers) {
    if (numbers.empty()) throw std::invalid_argument("worker_limits: cores: none");
    values_.cores = std::move(numbers);
    values_.one_core_each = false;
    return *this;
}

} // namespace tandem
