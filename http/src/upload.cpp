#include "upload.hpp"

#include <algorithm>
#include <cstdio>
#include <numeric>
#include <system_error>

#include <tandem/io/file.hpp>

namespace tandem::http::detail {

namespace {

/// Large enough to cost little beside its bytes, small enough to tell of progress.
constexpr std::size_t largest_piece = 64 * 1024;

} // namespace

upload::upload(connection& to, const error_site& site, const request_parts& parts,
               const std::optional<std::vector<std::uint64_t>>& sizes, bool& has_begun,
               tracer& trace) noexcept
    : to_(to)
    , site_(site)
    , parts_(parts)
    , sizes_(sizes)
    , has_begun_(has_begun)
    , trace_(trace) {
    if (sizes) total_ = std::accumulate(sizes->begin(), sizes->end(), std::uint64_t{0});
}

task<reply_head*> upload::run(std::string_view header) {
    header_ = header;
    to_.begin(site_, parts_.method == "HEAD", parts_.is_raw);
    co_await to_.write(header);
    bool is_wanted = true;
    if (parts_.continue_within) is_wanted = co_await to_.may_continue(*parts_.continue_within);
    if (is_wanted) co_await send_and_watch();
    co_return co_await to_.read_head();
}

task<> upload::send_and_watch() {
    auto work = [this](task_group& group) -> task<> {
        group.spawn(watch(group));
        co_await send_all();
        group.cancel();
    };
    co_await with_group(work);
}

/// Ends when the final reply's header is there, or when the body has been sent.
task<> upload::watch(task_group& group) {
    co_await to_.wait_for_head();
    group.cancel();
}

task<> upload::send_all() {
    has_begun_ = true;
    bool goes_on = true;
    for (std::size_t i = 0; i < parts_.body.parts().size() && goes_on; ++i) {
        const auto& part = parts_.body.parts()[i];
        if (part.text)
            goes_on = co_await send_piece(*part.text);
        else if (part.chunks)
            goes_on = co_await send_chunks(part.chunks);
        else
            goes_on = co_await send_file(part.path, (*sizes_)[i]);
    }
    if (goes_on && !total_) goes_on = co_await to_.write("0\r\n\r\n");
    if (!goes_on) co_return;
    to_.request_is_sent();
    trace_.request_sent(header_, parts_.secret_names);
}

task<bool> upload::send_file(const std::string& path, std::uint64_t size) {
    std::string buffer(largest_piece, '\0');
    try {
        auto from = co_await file::open(path);
        while (size > 0) {
            const auto room = static_cast<std::size_t>(std::min<std::uint64_t>(size, buffer.size()));
            const auto count = co_await from.read_some({buffer.data(), room});
            if (count == 0) site_.fail<error>(path + ": the file became shorter while it was sent");
            size -= count;
            const bool goes_on = co_await send_piece({buffer.data(), count});
            if (!goes_on) co_return false;
        }
        co_return true;
    } catch (const std::system_error& failure) {
        throw file_error(site_.url(), path, failure.code().value());
    }
}

task<bool> upload::send_chunks(const std::function<stream<std::string>()>& chunks) {
    auto from = chunks();
    while (auto chunk = co_await from.next()) {
        const bool goes_on = co_await send_piece(*chunk);
        if (!goes_on) co_return false;
    }
    co_return true;
}

/// Returns false where the peer takes no more.
task<bool> upload::send_piece(std::string_view piece) {
    while (!piece.empty()) {
        const auto now = piece.substr(0, largest_piece);
        piece.remove_prefix(now.size());
        bool goes_on = true;
        if (total_) {
            goes_on = co_await to_.write(now);
        } else {
            char size[20];
            std::snprintf(size, sizeof size, "%zx\r\n", now.size());
            chunk_ = size;
            chunk_ += now;
            chunk_ += "\r\n";
            goes_on = co_await to_.write(chunk_);
        }
        if (!goes_on) co_return false;
        sent_ += now.size();
        report();
    }
    co_return true;
}

void upload::report() const {
    if (parts_.on_upload) parts_.on_upload(upload_progress(sent_, total_));
}

} // namespace tandem::http::detail
