// What is sent behind a request's header.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <tandem/coro/stream.hpp>
#include <tandem/http/form.hpp>
#include <tandem/http/multipart.hpp>

namespace tandem::http::detail {

/// Texts, files and generators, one after the other. A value: copies share the texts, and a stream that can
/// be read only once.
class outgoing_body {
  public:
    /// Nothing.
    outgoing_body() = default;

    static outgoing_body of_text(std::string text, std::string_view type);
    static outgoing_body of_file(std::string path, std::string_view type);
    static outgoing_body of_stream(stream<std::string> chunks, std::string_view type);
    static outgoing_body of_generator(std::function<stream<std::string>()> chunks, std::string_view type);
    static outgoing_body of_multipart(const multipart& parts);

    bool is_empty() const noexcept { return parts_.empty(); }
    const std::string& type() const noexcept { return type_; }

    /// False for a stream that was, or may be, read already.
    bool can_be_sent_again() const noexcept { return can_be_sent_again_; }

    /// How many bytes each part has, looking at its files now; nothing where one is a stream. Throws
    /// std::system_error, which names the path, for a file that cannot be looked at.
    std::optional<std::vector<std::uint64_t>> sizes() const;

    /// Appends all of it to `text`, where it consists of texts of at most `most` bytes together. Returns
    /// whether it does.
    bool append_to(std::string& text, std::size_t most) const;

    struct part {
        std::shared_ptr<const std::string> text;
        std::string path;
        std::function<stream<std::string>()> chunks;
    };
    const std::vector<part>& parts() const noexcept { return parts_; }

  private:
    void add_text(std::string text);

    std::vector<part> parts_;
    std::string type_;
    bool can_be_sent_again_ = true;
};

} // namespace tandem::http::detail
