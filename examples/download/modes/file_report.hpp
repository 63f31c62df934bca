// What a worker process has to say of a file.
#pragma once
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "download/progress/display.hpp"

/// All that a display was told of one file. A plain aggregate, as it travels.
struct file_report {
    /// Why it failed; empty for a file that is complete.
    std::string failure;
    int exit_code = 0;

    /// As tandem::http::downloaded has them.
    std::string source;
    std::string path;
    std::uint64_t bytes = 0;
    std::uint64_t received = 0;
    std::uint64_t resumed = 0;
    int attempts = 1;
    int status = 0;
    bool was_kept = false;
    std::chrono::nanoseconds took{};

    /// The causes of attempts that came to nothing.
    std::vector<std::string> retries;
    std::vector<std::string> messages;
    std::vector<std::string> results;
};

/// A display that shows nothing, and remembers what it was told of the one file that it sees.
class report_display final : public display {
  public:
    const file_report& report() const noexcept { return report_; }

  private:
    void show_retry(const run_state::file& which) override;
    void show_done(const run_state::file& which, const tandem::http::downloaded& what) override;
    void show_failed(const run_state::file* which, std::string_view why, int exit_code) override;
    void show_message(std::string_view text) override;
    void show_result(std::string_view text) override;
    void show_end() override {}

    file_report report_;
};

/// Tells `shown` of a file what another display was told.
void tell(display& shown, file_id file, const file_report& report);
