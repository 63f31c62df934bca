#include "io/tls_sessions.hpp"

namespace tandem::detail {

void tls_sessions::put(const std::string& host, session_pointer session) {
    std::lock_guard lock(access_);
    if (most_hosts_ == 0) return;
    const auto known = by_host_.find(host);
    if (known == by_host_.end()) {
        entries_.push_front(entry{host, {}});
        by_host_.emplace(host, entries_.begin());
        if (entries_.size() > most_hosts_) {
            by_host_.erase(entries_.back().host);
            entries_.pop_back();
        }
    } else {
        entries_.splice(entries_.begin(), entries_, known->second);
    }
    auto& sessions = entries_.front().sessions;
    if (sessions.size() == most_a_host) sessions.erase(sessions.begin());
    sessions.push_back(std::move(session));
}

session_pointer tls_sessions::take(const std::string& host) {
    std::lock_guard lock(access_);
    const auto known = by_host_.find(host);
    if (known == by_host_.end()) return nullptr;
    entries_.splice(entries_.begin(), entries_, known->second);
    auto& sessions = entries_.front().sessions;
    if (SSL_SESSION_get_protocol_version(sessions.back().get()) < TLS1_3_VERSION) {
        SSL_SESSION_up_ref(sessions.back().get());
        return session_pointer(sessions.back().get());
    }
    auto newest = std::move(sessions.back());
    sessions.pop_back();
    if (sessions.empty()) {
        entries_.pop_front();
        by_host_.erase(host);
    }
    return newest;
}

void tls_sessions::forget(const std::string& host) {
    std::lock_guard lock(access_);
    const auto known = by_host_.find(host);
    if (known == by_host_.end()) return;
    entries_.erase(known->second);
    by_host_.erase(known);
}

std::size_t tls_sessions::count() const {
    std::lock_guard lock(access_);
    std::size_t total = 0;
    for (const entry& each : entries_)
        total += each.sessions.size();
    return total;
}

} // namespace tandem::detail
