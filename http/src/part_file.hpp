// A file that appears under its name only when it is complete.
#pragma once
#include <string>

#include "file_writer.hpp"

namespace tandem::http::detail {

/// Writes to `.NAME.part-XXXXXXXX` in the target's folder; `publish` renames it, and the destructor removes
/// it if that has not happened.
class part_file final : public file_writer {
  public:
    /// Creates missing folders on the way to `target`.
    part_file(std::string target, std::string url);
    ~part_file();

    /// Where `replaces` is false, a file_exists error if the name is taken.
    void publish(bool replaces = true);

  private:
    void open();

    std::string temporary_;
};

} // namespace tandem::http::detail
