#include <catch2/catch.hpp>

#include <tandem/http/content_disposition.hpp>

#include "support/dispositions.hpp"

using tandem::http::suggested_file_name;

namespace {

std::string name_in(std::string_view field) {
    auto name = suggested_file_name(field);
    return name ? *name : "(none)";
}

} // namespace

TEST_CASE("a file name is a token or a quoted string") {
    CHECK(name_in("attachment; filename=foo.html") == "foo.html");
    CHECK(name_in("attachment; filename=\"foo.html\"") == "foo.html");
    CHECK(name_in("ATTACHMENT; FILENAME=\"foo.html\"") == "foo.html");
    CHECK(name_in("inline; filename=\"foo.html\"") == "foo.html");
    CHECK(name_in("attachment; filename='foo.bar'") == "'foo.bar'");
    CHECK(name_in("attachment;size=5;filename  =  \"f.txt\" ; x=y") == "f.txt");
    CHECK(name_in("attachment; xfilename=foo.html") == "(none)");
    CHECK(name_in("attachment") == "(none)");
    CHECK(name_in("") == "(none)");
}

TEST_CASE("in a quoted file name backslashes quote and semicolons count") {
    CHECK(name_in(R"(attachment; filename="f\oo.html")") == "foo.html");
    CHECK(name_in(R"(attachment; filename="\"quoting\" tested.html")") == "\"quoting\" tested.html");
    CHECK(name_in(R"(attachment; filename="a;b, c=d.txt"; size=1)") == "a;b, c=d.txt");
    CHECK(name_in(R"(attachment; foo="filename=\"wrong\""; filename="right")") == "right");
}

TEST_CASE("percent signs of a plain file name are its own") {
    CHECK(name_in("attachment; filename=\"foo-%41.html\"") == "foo-%41.html");
    CHECK(name_in("attachment; filename=\"..%2f..%2fetc\"") == "%2f..%2fetc");
}

TEST_CASE("an extended file name goes before a plain one, wherever it stands") {
    CHECK(name_in("attachment; filename=\"EURO rates\"; filename*=utf-8''%e2%82%ac%20rates") ==
          "\u20ac rates");
    CHECK(name_in("attachment; filename*=UTF-8'en'%c2%a3.txt; filename=pound.txt") == "\u00a3.txt");
    CHECK(name_in("attachment; filename*=iso-8859-1'en'%A3%20rates") == "\u00a3 rates");
}

TEST_CASE("a malformed extended file name is passed over") {
    for (const char* bad :
         {"UTF-8''%e4.txt", "UTF-8''a%", "UTF-8''a%2", "UTF-8''a%zz", "UTF-8'foo.txt", "foo.txt",
          "UTF-16''foo.txt", "''foo.txt", "UTF-8''a\xc3\xa4.txt", "UTF-8''%ed%a0%80", "UTF-8''%2f"}) {
        INFO(bad);
        CHECK(name_in(std::string("attachment; filename*=") + bad + "; filename=plain.txt") == "plain.txt");
        CHECK(name_in(std::string("attachment; filename*=") + bad) == "(none)");
    }
}

TEST_CASE("a plain file name that is not UTF-8 is taken for ISO-8859-1") {
    CHECK(name_in("attachment; filename=\"foo-\xc3\xa4.html\"") == "foo-\u00e4.html");
    CHECK(name_in("attachment; filename=\"foo-\xe4.html\"") == "foo-\u00e4.html");
}

TEST_CASE("only the last part of a path is its file name") {
    CHECK(name_in("attachment; filename=\"/etc/passwd\"") == "passwd");
    CHECK(name_in("attachment; filename=\"../../x.sh\"") == "x.sh");
    CHECK(name_in(R"(attachment; filename="C:\\Windows\\evil.dll")") == "evil.dll");
    CHECK(name_in("attachment; filename*=UTF-8''..%2f..%2fetc%2fcron.d%2fjob") == "job");
    CHECK(name_in("attachment; filename*=UTF-8''a%5cb%5cc.txt") == "c.txt");
    CHECK(name_in("attachment; filename=\"folder/\"") == "(none)");
}

TEST_CASE("a file name neither is hidden nor ends in dots or blanks") {
    CHECK(name_in("attachment; filename=\".bashrc\"") == "bashrc");
    CHECK(name_in("attachment; filename=\" . .profile\"") == "profile");
    CHECK(name_in("attachment; filename=\"a.txt. .\"") == "a.txt");
    CHECK(name_in("attachment; filename=\"..\"") == "(none)");
    CHECK(name_in("attachment; filename=\"\"") == "(none)");
}

TEST_CASE("control characters and those that turn the direction of text do not reach a file name") {
    CHECK(name_in("attachment; filename*=UTF-8''a%0d%0ab%00c%1b[2J%7f.txt") == "a__b_c_[2J_.txt");
    CHECK(name_in("attachment; filename*=UTF-8''a%c2%9b31m.txt") == "a_31m.txt");
    CHECK(name_in("attachment; filename*=UTF-8''holiday%e2%80%aegpj.exe") == "holiday_gpj.exe");
    CHECK(name_in("attachment; filename*=UTF-8''%e2%81%a7a%e2%80%a8b%ef%bb%bf") == "_a_b_");
    CHECK(name_in("attachment; filename=\"tab\there\"") == "tab_here");
}

TEST_CASE("names of devices are not names of files") {
    CHECK(name_in("attachment; filename=CON") == "_CON");
    CHECK(name_in("attachment; filename=nul.tar.gz") == "_nul.tar.gz");
    CHECK(name_in("attachment; filename=Com1.txt") == "_Com1.txt");
    CHECK(name_in("attachment; filename=console.txt") == "console.txt");
    CHECK(name_in("attachment; filename=com10") == "com10");
    CHECK(name_in("attachment; filename=com") == "com");
}

TEST_CASE("a long file name is cut between characters and keeps its extension") {
    const std::string letters(300, 'x');
    CHECK(name_in("attachment; filename=" + letters + ".tar.gz") == std::string(252, 'x').append(".gz"));
    CHECK(name_in("attachment; filename=" + letters) == std::string(255, 'x'));
    CHECK(name_in("attachment; filename=a." + letters) == "a." + std::string(253, 'x'));
    std::string umlauts;
    for (int i = 0; i < 200; ++i)
        umlauts += "\u00e4";
    const auto name = name_in("attachment; filename=\"" + umlauts + ".txt\"");
    CHECK(name.size() == 254);
    CHECK(name.ends_with("\u00e4.txt"));
}

TEST_CASE("where the type is missing the first parameter counts") {
    CHECK(name_in("filename=foo.html") == "foo.html");
    CHECK(name_in("filename=\"a b.html\"; size=3") == "a b.html");
}

TEST_CASE("a file name that ends too early, or comes twice, is still one") {
    CHECK(name_in("attachment; filename=\"foo.html") == "foo.html");
    CHECK(name_in("attachment; filename=foo bar.html") == "foo bar.html");
    CHECK(name_in("attachment; filename=one.txt; filename=two.txt") == "one.txt");
    CHECK(name_in(";;; filename=a.txt;;") == "a.txt");
}

TEST_CASE("whatever the field says the name is fit for a folder") {
    for (const auto& sample : test::disposition_samples()) {
        INFO(sample);
        CHECK(test::broken_disposition(sample) == "");
    }
}
