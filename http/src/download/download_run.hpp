// One download, from the request to the file.
#pragma once
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <tandem/coro/task.hpp>
#include <tandem/http/download_options.hpp>
#include <tandem/http/downloaded.hpp>

#include "client_core.hpp"
#include "download/download_part.hpp"
#include "download/file_hash.hpp"
#include "download/name_claims.hpp"
#include "download/rate_limit.hpp"
#include "error_site.hpp"
#include "request_parts.hpp"

namespace tandem::http::detail {

class exchange;
class segment_crew;

/// Asks for a body again and again, each time for what is still missing, until the file is there. It is this
/// that asks again, and not the exchange beneath: only who has the part knows where to go on.
///
/// What it may be told is in download_options, and what of a reply it believes in rest_of_file.hpp. It keeps
/// no copy of what it is given, as there may be thousands of downloads at once.
class download_run {
  public:
    /// `request` and `options` have to stay until it has ended.
    download_run(std::shared_ptr<client_core> core, const request_parts& request,
                 const download_options& options);
    download_run(const download_run&) = delete;
    download_run& operator=(const download_run&) = delete;

    /// It is one of many: counts its retries in `retries`, and leaves replies of 429 and 503 to the others of
    /// its host, too, where `leaves_overloads`; takes its name by `name`; an earlier run may have made the
    /// first attempt.
    void join(std::uint64_t& retries, bool leaves_overloads, name_claims::claim& name,
              time_point first_attempt) noexcept {
        retries_ = &retries;
        leaves_overloads_ = leaves_overloads;
        name_ = &name;
        first_attempt_ = first_attempt;
    }

    /// Called once.
    task<downloaded> run();

  private:
    friend class segment_crew;

    enum class outcome {
        done,
        again, // what has come says to ask in another way, at once
        later, // after `pause_`
    };

    task<downloaded> within(duration limit);
    task<downloaded> bring();
    task<> bring_from(const url& source);
    void throw_away(bool for_good);
    task<> finish();
    void begin_hash();
    task<> check();
    void publish();

    // download_target.cpp: which file it is.
    std::string path_of(std::string_view name) const;
    std::string name_in(const exchange& work) const;
    bool settle(std::string path);
    bool is_free(const std::string& path);
    bool is_free_on_disk(const std::string& path) const;
    bool settle_for_long();
    void keep_file(std::string path);

    // download_attempt.cpp: one request, and what its reply is worth.
    task<outcome> attempt(const url& source);
    const url& source(std::size_t number) const noexcept;
    bool wants_decoding() const noexcept { return !request_.is_raw && request_.decode.value_or(false); }
    request_parts request_for(const url& source, std::uint64_t from,
                              std::optional<std::uint64_t> end = std::nullopt) const;
    std::shared_ptr<exchange> exchange_for(const url& source, std::uint64_t from,
                                           std::optional<std::uint64_t> end = std::nullopt) const;
    task<std::shared_ptr<exchange>> open(const url& source, std::uint64_t from,
                                         std::optional<std::uint64_t> end = std::nullopt);
    std::uint64_t rest_begins_at(const url& source) const;
    bool trusts(const sidecar& held, const url& source) const;
    bool needs_validator(const url& source) const;
    task<outcome> take(std::shared_ptr<exchange> work, const url& source, std::uint64_t from);
    task<outcome> take_rest(exchange& work, const url& source, std::uint64_t from);
    outcome begin_without_parts(std::string_view why);
    outcome judge_unsatisfied(const exchange& work, const url& source);
    task<> receive(exchange& work);
    task<> fail_with_status(exchange& work);

    // download_segments.cpp: several requests at once.
    bool goes_on_in_segments(const url& source) const;
    bool comes_in_segments(const reply_head& whole) const;

    // download_retry.cpp: when to ask again.
    void note_progress();
    void give_up() noexcept { gives_up_ = true; }
    task<std::optional<duration>> pause_after(std::string cause, std::optional<duration> asked,
                                              int fruitless);
    bool is_passing(int status) const noexcept;
    bool is_passing(const std::exception_ptr& failure) const;
    bool may_ask_again(int fruitless) const noexcept;
    task<outcome> after_status(exchange& work);
    task<> wait(duration pause);

    void tell(download_progress::state now, std::string_view cause = {}) const;

    const std::shared_ptr<client_core> core_;
    const request_parts& request_;
    const download_options& options_;
    const error_site site_;
    downloaded result_;
    const time_point began_;
    time_point first_attempt_;
    rate_limit rate_;
    std::uint64_t largest_;
    /// The file's path, without what if_exists::number adds to it.
    std::string path_;
    int number_ = 0;
    /// Nobody has asked the file system about it.
    bool is_assumed_free_ = false;
    /// Opened when the file's name is known.
    std::optional<download_part> part_;
    /// Follows the part where there is a checksum to hold against it.
    std::optional<file_hash> hash_;
    /// A request for a part of it makes sense, as far as is known.
    bool takes_parts_;
    bool leaves_overloads_ = false;
    /// Null where nobody counts them.
    std::uint64_t* retries_ = nullptr;
    /// Null where no others may want the same.
    name_claims::claim* name_ = nullptr;
    /// Of the source that is asked.
    std::string origin_;
    /// How far the part ever was, and how many attempts in a row have brought it no further.
    std::uint64_t furthest_ = 0;
    int fruitless_ = 0;
    /// This source has failed for good.
    bool gives_up_ = false;
    std::optional<tandem::retry_policy> pauses_;
    duration pause_{};
    std::string cause_;
};

} // namespace tandem::http::detail
