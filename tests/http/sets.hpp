// What tests of download sets have in common.
#pragma once
#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include <tandem/http/client.hpp>
#include <tandem/http/download_set.hpp>

#include "support/scripted_server.hpp"
#include "support/temp_folder.hpp"

namespace test {

using item_list = std::vector<tandem::http::download_item>;

/// What has come of a set's downloads, by their URLs' paths.
struct outcomes {
    std::set<std::string> files;
    std::map<std::string, std::string> errors;
};

inline tandem::task<outcomes> all_of(tandem::http::download_set& set) {
    outcomes all;
    while (auto outcome = co_await set.next()) {
        const std::string target(outcome->asked.target());
        if (outcome->file)
            all.files.insert(target);
        else
            all.errors.emplace(target, outcome->file.what());
    }
    co_return all;
}

inline tandem::http::download_options in_folder(const temp_folder& folder) {
    return tandem::http::download_options().folder(folder.path().string());
}

/// Items for `/0`, `/1` and so on.
inline item_list numbered(const tandem::http::client& web, const scripted_server& server, int count,
                          const tandem::http::download_options& options) {
    item_list all;
    for (int i = 0; i < count; ++i)
        all.emplace_back(web.get(server.url("/" + std::to_string(i))), options);
    return all;
}

/// Tries again after hardly a pause, whatever the budget.
inline tandem::http::retry_policy quick() {
    return tandem::http::retry_policy().pause(std::chrono::milliseconds(1)).no_budget();
}

/// How many requests a server works on at the same time.
class crowd_counter {
  public:
    /// Returns how many there are with this one.
    int enter() {
        const std::lock_guard locked(access_);
        most_ = std::max(most_, ++now_);
        changed_.notify_all();
        return now_;
    }
    void leave() {
        const std::lock_guard locked(access_);
        --now_;
        changed_.notify_all();
    }
    /// Waits until so many have been there at once.
    void wait_for(int count) {
        std::unique_lock locked(access_);
        changed_.wait(locked, [&] { return most_ >= count; });
    }
    int most() const {
        const std::lock_guard locked(access_);
        return most_;
    }

  private:
    mutable std::mutex access_;
    std::condition_variable changed_;
    int now_ = 0;
    int most_ = 0;
};

} // namespace test
