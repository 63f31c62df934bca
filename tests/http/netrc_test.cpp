#include <catch2/catch.hpp>

#include <cstdlib>

#include <sys/stat.h>

#include <tandem/http/netrc.hpp>

#include "support/log_capture.hpp"
#include "support/netrc_files.hpp"
#include "support/temp_folder.hpp"

using tandem::http::netrc;
using tandem::http::netrc_error;

namespace {

std::string login_for(const netrc& from, std::string_view host, std::string_view user = "") {
    const auto* found = from.find(host, user);
    return found ? found->login + "|" + found->password : "(none)";
}

std::string trouble_with_netrc(std::string_view text) {
    try {
        netrc::parse(text, "my.netrc");
    } catch (const netrc_error& error) {
        CHECK(error.file() == "my.netrc");
        return error.what();
    }
    return "(none)";
}

/// An environment variable while it lives.
class variable {
  public:
    variable(const char* name, const std::string& value)
        : name_(name) {
        if (const char* before = std::getenv(name)) before_ = before;
        ::setenv(name, value.c_str(), 1);
    }
    ~variable() { ::setenv(name_, before_.c_str(), 1); }

  private:
    const char* name_;
    std::string before_;
};

} // namespace

TEST_CASE("a netrc file names a login for each machine") {
    const auto all = netrc::parse("machine a.example login me password secret\n"
                                  "machine b.example\n\tlogin you\n\tpassword other\n\taccount third\n");
    CHECK(login_for(all, "a.example") == "me|secret");
    CHECK(login_for(all, "A.Example") == "me|secret");
    CHECK(login_for(all, "b.example") == "you|other");
    CHECK(all.find("b.example")->account == "third");
    CHECK(login_for(all, "c.example") == "(none)");
    CHECK(login_for(all, "example") == "(none)");
    CHECK(login_for(all, "x.a.example") == "(none)");
    CHECK(login_for(all, "") == "(none)");
}

TEST_CASE("the default entry of a netrc file is for hosts without one") {
    const auto all =
        netrc::parse("default login anonymous password guest\nmachine a login me password secret");
    CHECK(login_for(all, "a") == "me|secret");
    CHECK(login_for(all, "b") == "anonymous|guest");
}

TEST_CASE("of several logins for a machine the one asked for is found, else the first") {
    const auto all = netrc::parse("machine a login one password 1 machine a login two password 2 "
                                  "default login three password 3");
    CHECK(login_for(all, "a") == "one|1");
    CHECK(login_for(all, "a", "two") == "two|2");
    CHECK(login_for(all, "a", "three") == "three|3");
    CHECK(login_for(all, "a", "four") == "(none)");
}

TEST_CASE("a value of a netrc file in quotes has blanks and escapes") {
    const auto all = netrc::parse(R"(machine a login "two words" password "q\"b\\t\tn\nr\rx\y"
machine b login back\slash password in"side)");
    CHECK(login_for(all, "a") == "two words|q\"b\\t\tn\nr\rxy");
    CHECK(login_for(all, "b") == "back\\slash|in\"side");
}

TEST_CASE("comments and macros of a netrc file are passed over") {
    const auto all = netrc::parse("# machine x login y password z\n"
                                  "machine a # the first\n"
                                  "  login me\n"
                                  "  # password wrong\n"
                                  "  password #secret\n"
                                  "macdef init\n"
                                  "machine hidden login x password y\n"
                                  "put machine\n"
                                  "\n"
                                  "machine b login you password\n#no\n other\r\n");
    CHECK(login_for(all, "x") == "(none)");
    CHECK(login_for(all, "a") == "me|#secret");
    CHECK(login_for(all, "hidden") == "(none)");
    CHECK(login_for(all, "b") == "you|other");
    CHECK(all.entries().size() == 2);
}

TEST_CASE("a macro at the end of a netrc file ends with it") {
    CHECK(netrc::parse("machine a login b password c\nmacdef x\nmachine d").entries().size() == 1);
}

TEST_CASE("what is wrong with a netrc file is said with its file and line, and without its words") {
    CHECK(trouble_with_netrc("machine a login me\npassword \"secret\n") ==
          "my.netrc:2: a quote does not end");
    CHECK(trouble_with_netrc("machine a login me password") == "my.netrc:1: nothing follows 'password'");
    CHECK(trouble_with_netrc("machine") == "my.netrc:1: nothing follows 'machine'");
    CHECK(trouble_with_netrc("\n\nlogin me") == "my.netrc:3: 'login' stands before any machine");
    CHECK(trouble_with_netrc("machine a\nlogin me\npassword two words") ==
          "my.netrc:3: a word that is none of machine, default, login, password, account, macdef");
    CHECK(trouble_with_netrc("default login a\ndefault login b") == "my.netrc:2: a second 'default'");
    CHECK(trouble_with_netrc("machine \"\" login a") == "my.netrc:1: a machine has no name");
    CHECK(trouble_with_netrc("") == "(none)");
}

TEST_CASE("a netrc file that cannot be read is an error that names it") {
    const test::temp_folder folder;
    const auto missing = folder / "none";
    CHECK_THROWS_WITH(netrc::read(missing), missing + ": No such file or directory");
    CHECK_THROWS_AS(netrc::read(folder.path().string()), netrc_error);
}

TEST_CASE("the log warns of a netrc file whose passwords others may read") {
    const test::temp_folder folder;
    const auto file = folder.write("netrc", "machine a login me password secret");
    test::log_capture log;
    ::chmod(file.c_str(), 0600);
    CHECK(netrc::read(file).entries().size() == 1);
    CHECK(log.texts().empty());
    ::chmod(file.c_str(), 0640);
    CHECK(netrc::read(file).entries().size() == 1);
    CHECK(log.texts() ==
          std::vector<std::string>{file + ": others may read the passwords in it (chmod 600 ends that)"});
}

TEST_CASE("the usual netrc file is the one that NETRC names, else that of the home folder") {
    const test::temp_folder folder;
    const test::log_capture warnings;
    const auto named = folder.write("named", "machine a login named password 1");
    const variable home("HOME", folder.path().string());
    {
        const variable netrc_name("NETRC", "");
        CHECK(netrc::read_usual().entries().empty());
        const auto usual = folder.write(".netrc", "machine a login usual password 2");
        CHECK(login_for(netrc::read_usual(), "a") == "usual|2");
    }
    const variable netrc_name("NETRC", named);
    CHECK(login_for(netrc::read_usual(), "a") == "named|1");
    const variable wrong_name("NETRC", folder / "missing");
    CHECK_THROWS_AS(netrc::read_usual(), netrc_error);
}

TEST_CASE("entries of a netrc file read the same when they are written again") {
    for (const auto& sample : test::netrc_samples()) {
        INFO(sample);
        CHECK(test::broken_netrc(sample) == "");
    }
}
