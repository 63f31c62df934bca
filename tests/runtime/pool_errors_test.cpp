// Exceptions cross from a worker to whoever awaits the job.
#include <catch2/catch.hpp>

#include <tandem/pool/carry_exception.hpp>
#include <tandem/pool/process_pool.hpp>
#include <tandem/runtime.hpp>

#include <filesystem>
#include <functional>
#include <future>
#include <new>
#include <regex>
#include <system_error>

using tandem::block_on;
using tandem::process_pool;
using tandem::process_pool_options;
using tandem::task;

static_assert(tandem::executor<process_pool>);

namespace {

/// An exception of one's own that is made of its text.
class bad_image : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};
const tandem::carry_exception<bad_image> carry_bad_image;

/// One that is made of more.
class bad_line : public std::exception {
  public:
    explicit bad_line(int line)
        : line_(line) {}
    int line() const { return line_; }

  private:
    int line_;
};

class stranger : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

/// Says when it is encoded that it cannot be.
struct stubborn {};

template <class E> void throw_text(std::string text) {
    throw E(text);
}
template <class E> void throw_bare() {
    throw E();
}
void throw_number() {
    throw 42;
}
void throw_line(int line) {
    throw bad_line(line);
}
void throw_system(std::string text) {
    throw std::system_error(ENOENT, std::generic_category(), text);
}
void throw_system_bare() {
    throw std::system_error(EPIPE, std::system_category());
}
void throw_filesystem() {
    throw std::filesystem::filesystem_error("copy", "from", "to",
                                            std::make_error_code(std::errc::no_space_on_device));
}
void throw_regex() {
    throw std::regex_error(std::regex_constants::error_brack);
}
void throw_future() {
    throw std::future_error(std::future_errc::broken_promise);
}
stubborn return_stubborn() {
    return {};
}
void take_stubborn(stubborn) {}

/// The exception of one job, rethrown.
template <class F, class... A> void run_one(F function, A... arguments) {
    process_pool pool(process_pool_options().workers(1));
    block_on(pool.run(function, std::move(arguments)...));
}

/// Whether `function` fails with exactly an `E` that says `text`.
template <class E, class F, class... A> bool fails_with(const std::string& text, F function, A... arguments) {
    try {
        run_one(function, std::move(arguments)...);
    } catch (const E& error) {
        CHECK(error.what() == text);
        return typeid(error) == typeid(E);
    }
    return false;
}

} // namespace

template <> struct tandem::codec<bad_line> {
    static void encode(encoder& out, const bad_line& error) { tandem::encode(out, error.line()); }
    static bad_line decode(decoder& in) { return bad_line(tandem::decode<int>(in)); }
};
template <> struct tandem::codec<stubborn> {
    static void encode(encoder&, const stubborn&) { throw std::domain_error("stubborn: will not travel"); }
    static stubborn decode(decoder&) { throw std::domain_error("stubborn: did not travel"); }
};

namespace {
const tandem::carry_exception<bad_line> carry_bad_line;
} // namespace

TEST_CASE("exceptions of std arrive as their own type with their own text") {
    CHECK(fails_with<std::runtime_error>("a", throw_text<std::runtime_error>, "a"));
    CHECK(fails_with<std::logic_error>("b", throw_text<std::logic_error>, "b"));
    CHECK(fails_with<std::invalid_argument>("c", throw_text<std::invalid_argument>, "c"));
    CHECK(fails_with<std::out_of_range>("d", throw_text<std::out_of_range>, "d"));
    CHECK(fails_with<std::overflow_error>("", throw_text<std::overflow_error>, ""));
    CHECK(fails_with<std::bad_alloc>(std::bad_alloc().what(), throw_bare<std::bad_alloc>));
    CHECK(fails_with<std::bad_cast>(std::bad_cast().what(), throw_bare<std::bad_cast>));
    CHECK(fails_with<std::bad_function_call>(std::bad_function_call().what(),
                                             throw_bare<std::bad_function_call>));
    CHECK(fails_with<std::exception>(std::exception().what(), throw_bare<std::exception>));
    CHECK(fails_with<std::future_error>(std::future_error(std::future_errc::broken_promise).what(),
                                        throw_future));
}

TEST_CASE("an error of the system arrives with its code, category and text") {
    process_pool pool(process_pool_options().workers(1));
    try {
        block_on(pool.run(throw_system, "open"));
        FAIL("no exception");
    } catch (const std::system_error& error) {
        CHECK(error.code() == std::errc::no_such_file_or_directory);
        CHECK(error.code().category() == std::generic_category());
        CHECK(error.what() == std::string("open: No such file or directory"));
    }
    try {
        block_on(pool.run(throw_system_bare));
        FAIL("no exception");
    } catch (const std::system_error& error) {
        CHECK(error.code() == std::error_code(EPIPE, std::system_category()));
        CHECK(error.what() == std::string("Broken pipe"));
    }
    try {
        block_on(pool.run(throw_filesystem));
        FAIL("no exception");
    } catch (const std::filesystem::filesystem_error& error) {
        CHECK(error.path1() == "from");
        CHECK(error.path2() == "to");
        CHECK_THAT(error.what(), Catch::Contains("copy"));
    }
    try {
        block_on(pool.run(throw_regex));
        FAIL("no exception");
    } catch (const std::regex_error& error) {
        CHECK(error.code() == std::regex_constants::error_brack);
    }
}

TEST_CASE("exceptions of one's own arrive as themselves once they are carried") {
    CHECK(fails_with<bad_image>("not a photo", throw_text<bad_image>, "not a photo"));
    process_pool pool(process_pool_options().workers(1));
    try {
        block_on(pool.run(throw_line, 12));
        FAIL("no exception");
    } catch (const bad_line& error) {
        CHECK(error.line() == 12);
    }
}

TEST_CASE("what is not carried arrives as a remote_error that names it") {
    process_pool pool(process_pool_options().workers(1));
    try {
        block_on(pool.run(throw_text<stranger>, "who?"));
        FAIL("no exception");
    } catch (const tandem::remote_error& error) {
        CHECK_THAT(error.type(), Catch::EndsWith("stranger"));
        CHECK(error.message() == "who?");
        CHECK_THAT(error.what(), Catch::EndsWith("stranger: who?"));
    }
    try {
        block_on(pool.run(throw_number));
        FAIL("no exception");
    } catch (const tandem::remote_error& error) {
        CHECK(error.type() == "int");
    }
}

TEST_CASE("a worker lives on after its job has thrown") {
    process_pool pool(process_pool_options().workers(1));
    auto both = [&]() -> task<bool> {
        const int before = co_await pool.run(&getpid);
        auto failed = co_await tandem::as_result(pool.run(throw_number));
        const int after = co_await pool.run(&getpid);
        co_return !failed && before == after;
    };
    CHECK(block_on(both()));
    CHECK(pool.statistics().failed == 1);
    CHECK(pool.statistics().started == 1);
}

TEST_CASE("an argument or result that fails to travel fails its job only") {
    process_pool pool(process_pool_options().workers(1));
    CHECK_THROWS_WITH(pool.run(take_stubborn, stubborn()), "stubborn: will not travel");
    CHECK_THROWS_WITH(block_on(pool.run(return_stubborn)), "stubborn: will not travel");
    CHECK(pool.statistics().started == 1);
}
