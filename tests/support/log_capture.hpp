// What is logged, kept instead of written.
#pragma once
#include <mutex>
#include <string>
#include <vector>

#include <tandem/base/log.hpp>

namespace test {

/// A record with texts of its own.
struct logged_record {
    explicit logged_record(const tandem::log_record& record)
        : level(record.level())
        , text(record.text())
        , task(record.task())
        , job(record.job())
        , worker(record.worker()) {}

    tandem::log_level level;
    std::string text;
    std::string task;
    std::string job;
    int worker;
};

/// Keeps the records that pass `threshold` while it lives, from every thread. One at a time.
class log_capture {
  public:
    explicit log_capture(tandem::log_level threshold = tandem::log_level::warning)
        : level_before_(tandem::set_log_level(threshold)) {
        const std::lock_guard lock(access);
        kept.clear();
        sink_before_ = tandem::set_log_sink([](const tandem::log_record& record) noexcept {
            const std::lock_guard inside(access);
            kept.emplace_back(record);
        });
    }
    log_capture(const log_capture&) = delete;
    log_capture& operator=(const log_capture&) = delete;
    ~log_capture() {
        tandem::set_log_sink(sink_before_);
        tandem::set_log_level(level_before_);
    }

    std::vector<logged_record> records() const {
        const std::lock_guard lock(access);
        return kept;
    }
    std::vector<std::string> texts() const {
        std::vector<std::string> all;
        for (const auto& each : records())
            all.push_back(each.text);
        return all;
    }

  private:
    static inline std::mutex access;
    static inline std::vector<logged_record> kept;
    tandem::log_level level_before_;
    tandem::log_sink sink_before_ = nullptr;
};

} // namespace test
