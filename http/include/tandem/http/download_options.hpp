// How a file is downloaded.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <tandem/base/config.hpp>
#include <tandem/http/checksum.hpp>
#include <tandem/http/download_progress.hpp>
#include <tandem/http/retry_policy.hpp>
#include <tandem/http/url.hpp>

namespace tandem::http {

/// What is done where a download's name is taken by a file that is there.
enum class if_exists {
    fail,    ///< a file_exists error, before anything is asked where the name is known by then
    replace, ///< the new file takes its place, in one step, once it is complete
    number,  ///< `name-1.ext`, `name-2.ext` and so on, the first that is free
    keep,    ///< nothing is downloaded
};

/// The settings of one download, each with a default that never loses a byte:
///
///     auto done = co_await http::download(web.get(link), http::download_options().folder("images"));
class TANDEM_API download_options {
  public:
    /// Where the file goes; the working directory by default. It is made if need be, unless
    /// `create_folders(false)`.
    download_options& folder(std::string path) {
        folder_ = std::move(path);
        return *this;
    }
    download_options& create_folders(bool on) noexcept {
        creates_folders_ = on;
        return *this;
    }
    /// Its path, below `folder` where it is relative; by default the name that the URL implies
    /// (`url::file_name`), which no redirect changes.
    download_options& file(std::string path) {
        file_ = std::move(path);
        return *this;
    }
    /// Takes the name that the server suggests (`suggested_file_name`), where it suggests one and `file` says
    /// none.
    download_options& suggested_name(bool on = true) noexcept {
        takes_suggested_name_ = on;
        return *this;
    }
    download_options& existing(if_exists what) noexcept {
        existing_ = what;
        return *this;
    }

    /// Goes on where an earlier download of the same URL stopped, where the server shows by a strong
    /// validator (RFC 9110 section 8.8) that it still has the same; true by default. Else it begins anew.
    download_options& resume(bool on) noexcept {
        resumes_ = on;
        return *this;
    }
    /// Goes on also where there is no validator: the lengths have to do. Only a checksum makes that safe.
    download_options& trust_partial(bool on = true) noexcept {
        trusts_partial_ = on;
        return *this;
    }
    /// Whether what has come of a file stays in its part where the download fails or is cancelled, for a
    /// later one to go on with; true by default. What an earlier one has left stays as long as this one
    /// writes nothing.
    download_options& keep_part(bool on) noexcept {
        keeps_part_ = on;
        return *this;
    }
    /// What to do after a failure, in the middle of the body too, which goes on where it stopped;
    /// retry_policy's defaults unless said. An attempt that brought bytes does not count.
    download_options& retry(retry_policy policy) {
        retries_ = std::make_shared<const retry_policy>(std::move(policy));
        return *this;
    }
    download_options& no_retry() noexcept {
        retries_.reset();
        return *this;
    }

    /// What the file has to be; else it is a checksum_error, and there is no file.
    download_options& checksum(http::checksum expected) {
        checksum_ = std::move(expected);
        return *this;
    }
    /// Other places to get the same file from, tried in turn where one fails for good. Their bytes are joined
    /// in one file only where a `checksum` says in the end that they fit; else the next begins anew.
    download_options& mirror(url other) {
        mirrors_.push_back(std::move(other));
        return *this;
    }
    /// How many parts of a large file come at once; 1 by default, at most 64. Only where the server takes
    /// ranges and has a strong validator.
    download_options& segments(int count) noexcept {
        segments_ = count;
        return *this;
    }

    /// The largest file that is taken, decoded, in bytes; more is a body_too_large error.
    download_options& max_size(std::uint64_t bytes) noexcept {
        max_size_ = bytes;
        return *this;
    }
    /// The most bytes a second that are taken; by default as many as come.
    download_options& limit_rate(std::uint64_t bytes) noexcept {
        rate_ = bytes;
        return *this;
    }
    /// Makes sure that file and folder are on the disk before it says done, and that the sidecar never claims
    /// what is not there.
    download_options& durable(bool on = true) noexcept {
        is_durable_ = on;
        return *this;
    }
    /// Gives the file the time of its Last-Modified.
    download_options& remote_time(bool on = true) noexcept {
        takes_remote_time_ = on;
        return *this;
    }
    /// Notes the URL in the file's extended attributes (`user.xdg.origin.url`), without user and password.
    download_options& record_origin(bool on = true) noexcept {
        records_origin_ = on;
        return *this;
    }
    /// Stores the body of a reply that is an error, too; the call still ends with its status_error.
    download_options& keep_error_body(bool on = true) noexcept {
        keeps_error_body_ = on;
        return *this;
    }

    /// Is called in the loop's thread, and must not throw.
    download_options& on_progress(std::function<void(const download_progress&)> tell) {
        tell_ = std::move(tell);
        return *this;
    }

    const std::string& folder() const noexcept { return folder_; }
    const std::string& file() const noexcept { return file_; }
    bool creates_folders() const noexcept { return creates_folders_; }
    bool takes_suggested_name() const noexcept { return takes_suggested_name_; }
    if_exists existing() const noexcept { return existing_; }
    bool resumes() const noexcept { return resumes_; }
    bool trusts_partial() const noexcept { return trusts_partial_; }
    bool keeps_part() const noexcept { return keeps_part_; }
    /// Null where nothing is asked for again.
    const retry_policy* retries() const noexcept { return retries_.get(); }
    const std::optional<http::checksum>& checksum() const noexcept { return checksum_; }
    const std::vector<url>& mirrors() const noexcept { return mirrors_; }
    int segments() const noexcept { return segments_; }
    std::optional<std::uint64_t> max_size() const noexcept { return max_size_; }
    std::uint64_t limit_rate() const noexcept { return rate_; }
    bool is_durable() const noexcept { return is_durable_; }
    bool takes_remote_time() const noexcept { return takes_remote_time_; }
    bool records_origin() const noexcept { return records_origin_; }
    bool keeps_error_body() const noexcept { return keeps_error_body_; }
    const std::function<void(const download_progress&)>& on_progress() const noexcept { return tell_; }

  private:
    static std::shared_ptr<const retry_policy> usual_retries() {
        static const auto usual = std::make_shared<const retry_policy>();
        return usual;
    }

    std::string folder_;
    /// Empty for the URL's.
    std::string file_;
    /// Shared by copies: there may be one for each of very many files.
    std::shared_ptr<const retry_policy> retries_ = usual_retries();
    std::optional<http::checksum> checksum_;
    std::vector<url> mirrors_;
    std::optional<std::uint64_t> max_size_;
    /// 0 for none.
    std::uint64_t rate_ = 0;
    std::function<void(const download_progress&)> tell_;
    if_exists existing_ = if_exists::fail;
    int segments_ = 1;
    bool creates_folders_ = true;
    bool takes_suggested_name_ = false;
    bool resumes_ = true;
    bool trusts_partial_ = false;
    bool keeps_part_ = true;
    bool is_durable_ = false;
    bool takes_remote_time_ = false;
    bool records_origin_ = false;
    bool keeps_error_body_ = false;
};

} // namespace tandem::http
