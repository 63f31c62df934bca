// Downloads that are killed: what had the name has it still, or the whole new file has it.
#include <catch2/catch.hpp>

#include <algorithm>
#include <csignal>
#include <filesystem>
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
        co_await part.complete();
        co_await part.publish(target, true);
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

TEST_CASE("killed at random moments, hundreds of downloads leave the old file or the whole new one") {
#ifdef __SANITIZE_ADDRESS__
    constexpr int rounds = 60;
#else
    constexpr int rounds = 200;
#endif
    constexpr std::size_t size = 2'500'000;
    std::mt19937 random(20261130);
    std::atomic<unsigned> version{1};
    std::atomic<int> victim{0};
    std::atomic<std::size_t> kill_after{0};
    std::atomic<int> resumed{0};
    test::temp_folder folder;
    scripted_server server([&](conversation& talk) {
        while (const auto request = talk.request()) {
            served_file file;
            file.body = content_of(size, version);
            file.etag = '"' + std::to_string(version) + '"';
            const auto answer = test::answer_to(*request, file);
            if (answer.find(" 206 ") < 20) ++resumed;
            while (victim == 0)
                std::this_thread::yield();
            std::size_t sent = 0;
            for (std::string_view left(answer); !left.empty();) {
                const auto piece = left.substr(0, std::min<std::size_t>(50'000, kill_after - sent));
                if (piece.empty()) {
                    // However slow the machine is: what is worth a note is noted before the end.
                    while (sent > 1'200'000 && !std::filesystem::exists(folder / "x.part.tandem"))
                        std::this_thread::yield();
                    ::kill(victim, SIGKILL);
                    return;
                }
                if (!talk.send(piece)) return;
                sent += piece.size();
                left.remove_prefix(piece.size());
            }
        }
    });

    folder.write("x", "old");
    std::string before = "old";
    int whole = 0, killed = 0;
    for (int round = 0; round < rounds; ++round) {
        if (random() % 8 == 0) ++version;
        victim = 0;
        // Now and then it is not killed at all.
        kill_after = random() % 4 == 0 ? size * 2 : 1 + random() % (size + 1'000);
        test::child_process child(
            {test::program("resuming-download"), server.url("/x"), folder.path().string()});
        victim = child.pid();
        const int status = child.wait();
        const auto file = read_file(folder / "x");
        INFO("round " << round << ": " << child.output() << child.errors());
        if (status == 0) {
            ++whole;
            REQUIRE((file == content_of(size, version)));
            REQUIRE(test::files_below(folder.path()) == std::vector<std::string>{"x"});
        } else {
            ++killed;
            REQUIRE(status == 128 + SIGKILL);
            REQUIRE((file == before || file == content_of(size, version)));
        }
        before = file;
    }
    CHECK(whole > rounds / 10);
    CHECK(killed > rounds / 3);
    CHECK(resumed > rounds / 20);
}
