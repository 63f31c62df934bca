#include "tls_settings.hpp"

#include <algorithm>

namespace tandem::http::detail {

namespace {

/// Requests that bring options of their own come in few kinds; a context holds some memory.
constexpr std::size_t most_profiles = 32;

/// Every field with its length before it, so that no two lists of fields read the same.
class field_list {
  public:
    field_list& operator<<(const std::string& field) {
        text_ += std::to_string(field.size());
        text_ += ':';
        text_ += field;
        return *this;
    }
    field_list& operator<<(std::size_t number) { return *this << std::to_string(number); }
    std::string take() { return std::move(text_); }

  private:
    std::string text_;
};

std::string identity_of(const tls_client_options& options) {
    field_list fields;
    const auto& own = options.identity();
    fields << options.ca_file() << options.ca_pem() << own.chain << own.key << own.are_files;
    fields << options.server_name() << options.key_log_file() << options.verifies();
    fields << static_cast<std::size_t>(options.minimum_version())
           << static_cast<std::size_t>(options.maximum_version()) << options.remembered_hosts();
    fields << options.pinned_keys().size();
    for (const auto& pin : options.pinned_keys())
        fields << pin;
    fields << options.protocols().size();
    for (const auto& name : options.protocols())
        fields << name;
    return fields.take();
}

} // namespace

tls_profile::tls_profile(tls_client_options options, std::string identity)
    : options_(std::move(options))
    , identity_(std::move(identity)) {
    if (options_.protocols().empty()) options_.protocols({"http/1.1"});
}

tls_context tls_profile::context(const error_site& site) {
    if (context_) return *context_;
    try {
        context_.emplace(options_);
    } catch (const tls_failure& failure) {
        site.fail<tls_error>(failure.cause());
    }
    return *context_;
}

std::shared_ptr<tls_profile> tls_profiles::of(const tls_client_options& options) {
    auto identity = identity_of(options);
    auto found = std::find_if(known_.begin(), known_.end(),
                              [&](const auto& each) { return each->identity() == identity; });
    if (found != known_.end()) {
        std::rotate(found, found + 1, known_.end());
        return known_.back();
    }
    if (known_.size() == most_profiles) known_.erase(known_.begin());
    return known_.emplace_back(std::make_shared<tls_profile>(options, std::move(identity)));
}

std::string handshake_trouble(const tls_failure& failure) {
    if (failure.is_about_certificate())
        return "the server's certificate is not valid: " + std::string(failure.reason());
    if (failure.code() == tls_errc::truncated)
        return "TLS handshake failed: the server closed the connection";
    return "TLS handshake failed: " + std::string(failure.cause());
}

} // namespace tandem::http::detail
