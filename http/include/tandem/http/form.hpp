// The fields of an HTML form, as a body.
#pragma once
#include <string>
#include <string_view>

#include <tandem/base/config.hpp>

namespace tandem::http {

/// Names and values for `request_builder::form`, which sends them as application/x-www-form-urlencoded:
///
///     auto answers = http::form().add("q", "what & why").add("page", "2");    // q=what+%26+why&page=2
///     auto page = co_await web.post(link).form(answers).text();
class TANDEM_API form {
  public:
    /// One more field; a name may come several times.
    form& add(std::string_view name, std::string_view value);

    /// The fields as they are sent (URL standard, section 5.2).
    const std::string& encoded() const noexcept { return encoded_; }

  private:
    void append(std::string_view text);

    std::string encoded_;
};

} // namespace tandem::http
