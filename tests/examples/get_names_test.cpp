// Where tandem-get puts what it fetches, and what it notes of it.
#include "examples/get.hpp"

#include <sys/stat.h>
#include <sys/xattr.h>

using Catch::Matchers::Contains;
using test::files_below;
using test::get;
using test::read_file;
using test::reply;
using test::scripted_server;
using test::texts;

namespace {

scripted_server::script suggesting(const std::string& disposition) {
    return test::answering([disposition](const std::string& target) {
        return reply(target, "Content-Disposition: " + disposition + "\r\n");
    });
}

} // namespace

TEST_CASE("the name that the server suggests is taken where that is asked for") {
    test::temp_folder folder;
    scripted_server server(
        suggesting("attachment; filename=\"plain.pdf\"; filename*=UTF-8''r%C3%A9sum%C3%A9.pdf"));
    CHECK(get(folder, {"--remote-header-name", server.url("/a")}).status == 0);
    CHECK(get(folder, {server.url("/a")}).status == 0);
    CHECK(get(folder, {"-J", "-o", "own", server.url("/a")}).status == 0);
    CHECK(files_below(folder.path()) == texts{"a", "own", "r\u00e9sum\u00e9.pdf"});
    const auto again = get(folder, {"-J", server.url("/b")});
    CHECK(again.status == 3);
    CHECK_THAT(again.errors, Contains("r\u00e9sum\u00e9.pdf"));
    CHECK(read_file(folder / "r\u00e9sum\u00e9.pdf") == "/a");
}

TEST_CASE("a name that a server suggests leads nowhere else, and to nothing hidden") {
    const std::string name =
        GENERATE("../../evil", "/etc/evil", "..", ".evil", "a/b\\\\evil", "\x1b[2Jevil", "evil\\\"; rm -rf");
    test::temp_folder folder;
    scripted_server server(suggesting("attachment; filename=\"" + name + "\""));
    const auto result = get(folder, {"--output-dir", "in/here", "-J", server.url("/a")});
    INFO(result.errors);
    CHECK(result.status == 0);
    const auto made = files_below(folder.path());
    REQUIRE(made.size() == 1);
    CHECK_THAT(made[0], Catch::StartsWith("in/here/"));
    const auto base = made[0].substr(std::string("in/here/").size());
    CHECK(base.find('/') == std::string::npos);
    CHECK(base[0] != '.');
    for (const char c : base)
        CHECK(static_cast<unsigned char>(c) >= 0x20);
}

TEST_CASE("the URL a file came from is noted in its attributes, without the login") {
    test::temp_folder folder;
    scripted_server server(test::echo_target());
    REQUIRE(get(folder, {"--xattr", "-o", "x", server.url("/a?b", "me:secret@127.0.0.1")}).status == 0);
    REQUIRE(get(folder, {"-o", "plain", server.url("/a?b")}).status == 0);
    char value[200] = "";
    const auto size = ::getxattr((folder / "x").c_str(), "user.xdg.origin.url", value, sizeof value);
    if (size < 0)
        WARN("this file system has no extended attributes for users");
    else
        CHECK(std::string(value, static_cast<std::size_t>(size)) == server.url("/a?b"));
    CHECK(::getxattr((folder / "plain").c_str(), "user.xdg.origin.url", value, sizeof value) < 0);
}

TEST_CASE("a file has the time of the server, or of its coming") {
    test::temp_folder folder;
    scripted_server server(test::answering([](const std::string& target) {
        return reply(target, "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\n");
    }));
    const auto before = ::time(nullptr);
    REQUIRE(get(folder, {"--remote-time", server.url("/old")}).status == 0);
    REQUIRE(get(folder, {server.url("/new")}).status == 0);
    struct stat seen {};
    REQUIRE(::stat((folder / "old").c_str(), &seen) == 0);
    CHECK(seen.st_mtime == 784111777);
    REQUIRE(::stat((folder / "new").c_str(), &seen) == 0);
    CHECK(seen.st_mtime >= before - 1); // the clock of file systems is a coarse one
}

TEST_CASE("a name that is taken is refused, replaced, passed over or numbered") {
    test::temp_folder folder;
    scripted_server server(test::echo_target());
    folder.write("a", "old");
    CHECK(get(folder, {server.url("/a")}).status == 3);
    CHECK(get(folder, {"--no-clobber", server.url("/a")}).status == 3);
    CHECK(get(folder, {"--skip-existing", server.url("/a")}).status == 0);
    CHECK(server.requests().empty());
    CHECK(read_file(folder / "a") == "old");
    CHECK(get(folder, {"--unique", server.url("/a")}).status == 0);
    CHECK(read_file(folder / "a") == "old");
    CHECK(read_file(folder / "a-1") == "/a");
    CHECK(get(folder, {"--clobber", server.url("/a")}).status == 0);
    CHECK(read_file(folder / "a") == "/a");
    CHECK(files_below(folder.path()) == texts{"a", "a-1"});
}

TEST_CASE("output names may lead into folders, which are made") {
    test::temp_folder folder;
    scripted_server server(test::echo_target());
    CHECK(get(folder, {"--output-dir", "out", "--create-dirs", "-o", "deep/er/x", "-O", server.url("/a"),
                       server.url("/b?c")})
              .status == 0);
    CHECK(get(folder, {"--directory-prefix", "other", "-o", "#1-x", server.url("/[8-9]")}).status == 0);
    CHECK(files_below(folder.path()) == texts{"other/8-x", "other/9-x", "out/b", "out/deep/er/x"});
}
