// Hashes of files that are being written.
#include "download/file_hash.hpp"

#include <catch2/catch.hpp>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <tandem/coro/sleep.hpp>
#include <tandem/coro/task_group.hpp>

#include "hasher.hpp"
#include "http/in_loop.hpp"
#include "support/open_descriptors.hpp"
#include "support/temp_folder.hpp"

using tandem::task;
using tandem::http::hash_algorithm;
using tandem::http::detail::file_hash;
using tandem::http::detail::hasher;
using test::in_loop;

namespace {

constexpr std::size_t mebibyte = 1024 * 1024;

/// Bytes that repeat at no power of two.
std::string bytes_of(std::size_t size) {
    std::string bytes(size, '\0');
    for (std::size_t i = 0; i < size; ++i)
        bytes[i] = static_cast<char>(i % 251 + i / 65'521);
    return bytes;
}

std::string sha256_of(std::string_view bytes) {
    return hasher("SHA256").add(bytes).hex();
}

/// A file that a test writes and hashes.
class growing_file {
  public:
    growing_file()
        : file_(::open((folder_ / "part").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)) {
        REQUIRE(file_ >= 0);
    }
    ~growing_file() { ::close(file_); }
    int descriptor() const noexcept { return file_; }

    void append(std::string_view bytes) {
        REQUIRE(::write(file_, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));
        size_ += bytes.size();
    }
    void cut(std::size_t size) { REQUIRE(::ftruncate(file_, static_cast<off_t>(size)) == 0); }
    std::size_t size() const noexcept { return size_; }

  private:
    test::temp_folder folder_;
    int file_;
    std::size_t size_ = 0;
};

} // namespace

TEST_CASE("the hash of a file is what the standards say for their test vectors") {
    growing_file file;
    file.append("abc");
    const auto digest = [&](hash_algorithm algorithm) {
        std::string made;
        in_loop([&]() -> task<> {
            file_hash hash(file.descriptor(), algorithm);
            made = co_await hash.finish(3);
        });
        return made;
    };
    CHECK(digest(hash_algorithm::md5) == "900150983cd24fb0d6963f7d28e17f72");
    CHECK(digest(hash_algorithm::sha1) == "a9993e364706816aba3e25717850c26c9cd0d89d");
    CHECK(digest(hash_algorithm::sha256) ==
          "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    CHECK(digest(hash_algorithm::sha512) ==
          "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
          "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f");
}

TEST_CASE("an empty file has a hash") {
    growing_file file;
    in_loop([&]() -> task<> {
        file_hash hash(file.descriptor(), hash_algorithm::sha256);
        const auto digest = co_await hash.finish(0);
        CHECK(digest == sha256_of(""));
    });
}

TEST_CASE("a file is hashed while it grows, in whatever steps") {
    const std::size_t step = GENERATE(as<std::size_t>{}, 1000, 64 * 1024, 300'000, 3 * mebibyte);
    const auto bytes = bytes_of(5 * mebibyte + 77);
    growing_file file;
    in_loop([&]() -> task<> {
        file_hash hash(file.descriptor(), hash_algorithm::sha256);
        while (file.size() < bytes.size()) {
            file.append(std::string_view(bytes).substr(file.size(), step));
            hash.reached(file.size());
            co_await tandem::yield();
        }
        const auto digest = co_await hash.finish(file.size());
        CHECK(digest == sha256_of(bytes));
    });
}

TEST_CASE("what was in the file before is hashed with it") {
    const auto bytes = bytes_of(3 * mebibyte);
    growing_file file;
    file.append(std::string_view(bytes).substr(0, 2 * mebibyte + 1));
    in_loop([&]() -> task<> {
        file_hash hash(file.descriptor(), hash_algorithm::sha256);
        hash.reached(file.size());
        file.append(std::string_view(bytes).substr(file.size()));
        const auto digest = co_await hash.finish(bytes.size());
        CHECK(digest == sha256_of(bytes));
    });
}

TEST_CASE("only so much of the file counts as is said") {
    const auto bytes = bytes_of(mebibyte);
    growing_file file;
    file.append(bytes);
    in_loop([&]() -> task<> {
        file_hash hash(file.descriptor(), hash_algorithm::sha256);
        const auto digest = co_await hash.finish(700'001);
        CHECK(digest == sha256_of(std::string_view(bytes).substr(0, 700'001)));
    });
}

TEST_CASE("many files are hashed at a time") {
    const auto bytes = bytes_of(2 * mebibyte);
    std::vector<growing_file> files(20);
    in_loop([&]() -> task<> {
        const auto one = [&](growing_file& file) -> task<> {
            file_hash hash(file.descriptor(), hash_algorithm::sha256);
            while (file.size() < bytes.size()) {
                file.append(std::string_view(bytes).substr(file.size(), 400'000));
                hash.reached(file.size());
                co_await tandem::yield();
            }
            const auto digest = co_await hash.finish(file.size());
            CHECK(digest == sha256_of(bytes));
        };
        const auto body = [&](tandem::task_group& group) -> task<> {
            for (auto& file : files)
                group.spawn(one(file));
            co_return;
        };
        co_await tandem::with_group(body);
    });
}

TEST_CASE("a file that is cut under its hash is an error") {
    const std::size_t size = GENERATE(as<std::size_t>{}, 10, 4 * mebibyte);
    growing_file file;
    file.append(bytes_of(size));
    file.cut(size - 1);
    in_loop([&]() -> task<> {
        file_hash hash(file.descriptor(), hash_algorithm::sha256);
        hash.reached(size);
        std::string cause;
        try {
            (void)co_await hash.finish(size);
        } catch (const std::system_error& error) {
            CHECK(error.code() == std::errc::io_error);
            cause = error.what();
        }
        CHECK(test::has_all(cause, "shorter than what was written to it"));
    });
}

TEST_CASE("a failure in the middle is told at the end") {
    growing_file file;
    file.append(bytes_of(mebibyte));
    file.cut(1000);
    in_loop([&]() -> task<> {
        file_hash hash(file.descriptor(), hash_algorithm::sha256);
        for (std::size_t at = mebibyte; at < 2 * mebibyte; at += 1000) {
            hash.reached(at);
            co_await tandem::yield();
        }
        bool failed = false;
        try {
            (void)co_await hash.finish(2 * mebibyte);
        } catch (const std::system_error&) {
            failed = true;
        }
        CHECK(failed);
    });
}

TEST_CASE("a hash has the file for itself, and leaves its lock to the others") {
    const test::temp_folder folder;
    const auto path = folder.write("x", bytes_of(8 * mebibyte));
    in_loop([&]() -> task<> {
        const int file = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
        REQUIRE(::flock(file, LOCK_EX | LOCK_NB) == 0);
        file_hash hash(file, hash_algorithm::sha512);
        hash.reached(mebibyte);
        ::close(file);
        const int other = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
        CHECK(::flock(other, LOCK_EX | LOCK_NB) == 0);
        ::close(other);
        const auto digest = co_await hash.finish(8 * mebibyte);
        CHECK(digest == hasher("SHA512").add(bytes_of(8 * mebibyte)).hex());
    });
    CHECK_THROWS_AS(file_hash(-1, hash_algorithm::sha256), std::system_error);
}

TEST_CASE("a hash that is dropped or cancelled lets go of its thread and its file") {
    const auto bytes = bytes_of(8 * mebibyte);
    growing_file file;
    file.append(bytes);
    const auto before = test::open_descriptors();
    in_loop([&]() -> task<> {
        for (int i = 0; i < 10; ++i) {
            file_hash dropped(file.descriptor(), hash_algorithm::sha512);
            dropped.reached(bytes.size());
        }
        const auto hashing = [&]() -> task<> {
            file_hash hash(file.descriptor(), hash_algorithm::sha512);
            hash.reached(mebibyte);
            (void)co_await hash.finish(bytes.size());
        };
        const auto body = [&](tandem::task_group& group) -> task<> {
            for (int i = 0; i < 10; ++i)
                group.spawn(hashing());
            co_await tandem::yield();
            group.cancel();
        };
        co_await tandem::with_group(body);
    });
    // The loop has waited for the threads' last pieces.
    CHECK(test::open_descriptors() == before);
}

TEST_CASE("a scope that is cancelled while the file grows costs nothing but time") {
    const auto bytes = bytes_of(6 * mebibyte);
    growing_file file;
    in_loop([&]() -> task<> {
        file_hash hash(file.descriptor(), hash_algorithm::sha256);
        const auto attempt = [&](tandem::task_group& group) -> task<> {
            file.append(std::string_view(bytes).substr(0, 4 * mebibyte));
            hash.reached(file.size());
            group.cancel();
            co_return;
        };
        co_await tandem::with_group(attempt);
        file.append(std::string_view(bytes).substr(4 * mebibyte));
        hash.reached(file.size());
        const auto digest = co_await hash.finish(file.size());
        CHECK(digest == sha256_of(bytes));
    });
}
