#include "download/progress/run_state.hpp"

#include <algorithm>
#include <functional>

using tandem::http::download_progress;

file_id run_state::begin(std::string_view url) {
    file_id id;
    if (free_.empty()) {
        id = files_.size();
        files_.emplace_back();
    } else {
        std::pop_heap(free_.begin(), free_.end(), std::greater());
        id = free_.back();
        free_.pop_back();
    }
    file& one = files_[id];
    one.is_under_way = true;
    one.number = ++begun_;
    one.url = url;
    one.path.clear();
    one.now = phase::asking;
    one.what.clear();
    one.done = one.received = 0;
    one.total.reset();
    one.attempts = 0;
    one.speed = speed_meter();
    return id;
}

void run_state::note_received(file& one, std::uint64_t bytes) noexcept {
    one.received += bytes;
    received_ += bytes;
}

bool run_state::progress(file_id id, const download_progress& now) {
    file& one = files_[id];
    using state = download_progress::state;
    if (!now.path.empty() && one.path != now.path) one.path = now.path;
    // What is there when the body begins to come was kept from before.
    if (one.now == phase::receiving && now.now == state::receiving && now.done > one.done)
        note_received(one, now.done - one.done);
    one.done = now.done;
    one.total = now.total;
    one.attempts = now.attempts;
    const bool waited = one.now == phase::waiting;
    switch (now.now) {
    case state::asking:
        one.now = phase::asking;
        break;
    case state::receiving:
    case state::done:
        one.now = phase::receiving;
        break;
    case state::checking:
        one.now = phase::checking;
        break;
    case state::waiting:
        one.now = phase::waiting;
        one.what = now.cause;
        if (!waited) ++retries_;
        return !waited;
    }
    return false;
}

void run_state::step(file_id id, std::string_view name) {
    files_[id].now = phase::stepping;
    files_[id].what = name;
}

void run_state::done(file_id id, const tandem::http::downloaded& what) {
    file& one = files_[id];
    if (what.received > one.received) note_received(one, what.received - one.received);
    one.path = what.path.string();
    one.done = what.bytes;
    ++saved_;
    if (what.was_kept)
        ++kept_;
    else
        saved_bytes_ += what.bytes;
    end(id);
}

void run_state::failed(file_id id) {
    ++failed_;
    end(id);
}

void run_state::failed() noexcept {
    ++begun_;
    ++failed_;
}

void run_state::end(file_id id) {
    files_[id].is_under_way = false;
    free_.push_back(id);
    std::push_heap(free_.begin(), free_.end(), std::greater());
}

void run_state::sample(tandem::time_point now) noexcept {
    for (file& one : files_)
        if (one.is_under_way) one.speed.sample(one.received, now);
    speed_.sample(received_, now);
}

std::optional<run_state::outlook> run_state::estimate() const noexcept {
    outlook made;
    made.done = static_cast<double>(saved_bytes_);
    std::uint64_t known = saved_ - kept_, unknown = files_in_all() - begun_;
    double bytes = made.done;
    for (const file& one : files_) {
        if (!one.is_under_way) continue;
        made.done += static_cast<double>(one.done);
        if (!one.total) {
            ++unknown;
            made.to_come -= static_cast<double>(one.done); // of the average that is added below
            continue;
        }
        ++known;
        bytes += static_cast<double>(*one.total);
        if (*one.total > one.done) made.to_come += static_cast<double>(*one.total - one.done);
    }
    if (known == 0) return std::nullopt;
    made.to_come += bytes / static_cast<double>(known) * static_cast<double>(unknown);
    if (made.to_come < 0) made.to_come = 0;
    return made;
}
