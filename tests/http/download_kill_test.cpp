// Downloads that are killed: what had the name has it still, or the whole new file has it.
#include <catch2/catch.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <mutex>
#include <random>
#include <thread>

#include <tandem/threads/block_on.hpp>

#include "download/download_part.hpp"
#include "http/file_server.hpp"
#include "support/child_process.hpp"
#include "support/killed_at_calls.hpp"
#include "support/temp_folder.hpp"

using namespace std::chrono_literals;
using tandem::http::detail::download_part;
using tandem::http::detail::entity;
using tandem::http::detail::part_rules;
using tandem::http::detail::sidecar;
using test::content;
using test::conversation;
using test::read_file;
using test::scripted_server;
using test::served_file;

namespace {

constexpr std::size_t part_size = 20'000;

/// As `content`, made once for each number.
const std::string& content_of(std::size_t size, unsigned number) {
    static std::mutex access;
    static std::map<std::pair<std::size_t, unsigned>, std::string> made;
    std::lock_guard lock(access);
    auto& kept = made[{size, number}];
    if (kept.empty()) kept = content(size, number);
    return kept;
}

entity version(int number) {
    entity made;
    made.url = "http://a/x";
    made.etag = '"' + std::to_string(number) + '"';
    made.total = part_size;
    return made;
}

/// What a download of `number`'s version does with its part, from the first step to the last.
void bring_version(const std::string& target, int number, const part_rules& rules) {
    const auto& body = content_of(part_size, static_cast<unsigned>(number));
    auto all = [&]() -> tandem::task<> {
        download_part part(target, "http://a/x", rules);
        // What a process had locked may be so for a moment after its death: until its last call is over.
        while (!part.open())
            std::this_thread::yield();
        const auto& held = part.holds();
        if (held.of.etag == version(number).etag)
            part.go_on_at(held.contiguous());
        else
            part.begin(version(number));
        while (part.size() < part_size) {
            part.write(std::string_view(body).substr(part.size(), 5'000));
            co_await part.write_note();
        }
        part.count_written();
        if (rules.is_durable) co_await part.sync();
        part.publish(target, true);
    };
    tandem::block_on(all());
}

} // namespace

TEST_CASE("killed at any system call, a part's sidecar claims nothing that is not there") {
    test::temp_folder folder;
    const auto target = folder / "x";
    const auto old_file = content(100, 9);
    part_rules rules;
    rules.is_durable = GENERATE(false, true);
    const auto prepare = [&] {
        std::filesystem::remove(target + ".part");
        std::filesystem::remove(target + ".part.tandem");
        folder.write("x", old_file);
        // There is a part of an older version.
        download_part part(target, "http://a/x", rules);
        REQUIRE(part.open());
        part.begin(version(1));
        part.write(content_of(part_size, 1).substr(0, 12'000));
    };
    const auto act = [&] { bring_version(target, 2, rules); };
    const auto check = [&] {
        const auto file = read_file(target);
        CHECK((file == old_file || file == content_of(part_size, 2)));
        const auto note = sidecar::read(target + ".part.tandem");
        const auto part = read_file(target + ".part");
        if (note && !part.empty()) {
            const unsigned seed = note->of.etag == version(1).etag ? 1 : 2;
            const auto claimed = note->contiguous();
            // One that claims more than there is counts for nothing.
            if (claimed <= part.size())
                CHECK((part.substr(0, claimed) == content_of(part_size, seed).substr(0, claimed)));
        }
        bring_version(target, 2, rules);
        CHECK((read_file(target) == content_of(part_size, 2)));
        CHECK(test::files_below(folder.path()) == std::vector<std::string>{"x"});
    };
    CHECK(test::killed_at_calls(prepare, act, check) > 50);
}

namespace {

/// Serves versions of a file, and kills who asks for them once it has sent as much as was agreed.
class deadly_server {
  public:
    /// `has_note` says whether the download has noted what it has.
    deadly_server(std::size_t size, std::function<bool()> has_note)
        : size_(size)
        , has_note_(std::move(has_note))
        , server_([this](conversation& talk) { talk_to(talk); }) {}

    deadly_server(const deadly_server&) = delete;
    deadly_server& operator=(const deadly_server&) = delete;
    ~deadly_server() { is_over_ = true; }

    std::string url() const { return server_.url("/x"); }
    /// What there is now.
    const std::string& body() const { return content_of(size_, version_); }
    void replace_body() { ++version_; }

    /// The next victim is to be killed when so many bytes have been sent to it, by all its connections.
    void agree(std::size_t bytes) {
        victim_ = 0;
        agreed_ = left_ = bytes;
    }
    /// Nothing is sent before it is known who.
    void begin(int victim) { victim_ = victim; }

  private:
    void talk_to(conversation& talk) {
        while (const auto request = talk.request()) {
            served_file file;
            file.body = body();
            file.etag = '"' + std::to_string(version_) + '"';
            const auto answer = test::answer_to(*request, file);
            int victim = 0;
            while ((victim = victim_) == 0) {
                if (is_over_) return;
                std::this_thread::sleep_for(100us);
            }
            for (std::string_view rest(answer); !rest.empty();) {
                const auto piece = rest.substr(0, take(std::min<std::size_t>(50'000, rest.size())));
                if (piece.empty()) return kill(victim);
                if (!talk.send(piece)) return;
                rest.remove_prefix(piece.size());
            }
        }
    }

    /// How many of so many bytes may be sent.
    std::size_t take(std::size_t wanted) {
        auto left = left_.load();
        std::size_t taken = 0;
        do {
            taken = std::min(wanted, left);
        } while (!left_.compare_exchange_weak(left, left - taken));
        return taken;
    }

    void kill(int victim) {
        // However slow the machine is, what is worth a note is noted before the end; unless it was thrown
        // away, as another version's.
        const auto patience = std::chrono::steady_clock::now() + 200ms;
        while (agreed_ > 1'200'000 && !has_note_() && std::chrono::steady_clock::now() < patience)
            std::this_thread::sleep_for(100us);
        int expected = victim;
        if (victim_.compare_exchange_strong(expected, 0)) ::kill(victim, SIGKILL);
    }

    const std::size_t size_;
    const std::function<bool()> has_note_;
    std::atomic<unsigned> version_{1};
    std::atomic<bool> is_over_{false};
    std::atomic<int> victim_{0};
    std::atomic<std::size_t> agreed_{0};
    std::atomic<std::size_t> left_{0};
    scripted_server server_;
};

/// As read_file, which takes its time for a large one.
std::string read_large(const std::string& file) {
    std::string all(std::filesystem::file_size(file), '\0');
    std::ifstream(file, std::ios::binary).read(all.data(), static_cast<std::streamsize>(all.size()));
    return all;
}

/// Kills download after download at random moments, each of which goes on where the one before was. What is
/// there is the file as it was, or all of the new one.
void check_killed_downloads(std::size_t size, int segments) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    constexpr int rounds = 60;
#else
    constexpr int rounds = 200;
#endif
    std::mt19937 random(20261130);
    test::temp_folder folder;
    deadly_server server(size, [&] { return std::filesystem::exists(folder / "x.part.tandem"); });

    folder.write("x", "old");
    std::string before = "old";
    int whole = 0, killed = 0, resumed = 0;
    for (int round = 0; round < rounds; ++round) {
        if (random() % 8 == 0) server.replace_body();
        // Now and then it is not killed at all.
        server.agree(random() % 4 == 0 ? size * 3 : 1 + random() % (size + 1'000));
        test::child_process child({test::program("resuming-download"), server.url(), folder.path().string(),
                                   std::to_string(segments)});
        server.begin(child.pid());
        const int status = child.wait();
        const auto file = read_large(folder / "x");
        INFO("round " << round << ": " << child.output() << child.errors());
        if (status == 0) {
            ++whole;
            if (child.output().find(" 0 of them resumed") == std::string::npos) ++resumed;
            REQUIRE((file == server.body()));
            REQUIRE(test::files_below(folder.path()) == std::vector<std::string>{"x"});
        } else {
            ++killed;
            REQUIRE(status == 128 + SIGKILL);
            REQUIRE((file == before || file == server.body()));
        }
        before = file;
    }
    CHECK(whole > rounds / 10);
    CHECK(killed > rounds / 3);
    CHECK(resumed > rounds / 20);
}

} // namespace

TEST_CASE("killed at random moments, hundreds of downloads leave the old file or the whole new one") {
    check_killed_downloads(2'500'000, 1);
}

TEST_CASE("killed at random moments, hundreds of downloads in several parts leave no wrong file either") {
    check_killed_downloads(4'500'000, 4);
}
