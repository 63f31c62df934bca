#include <catch2/catch.hpp>

#include <tandem/http/form.hpp>

using tandem::http::form;

TEST_CASE("a form's fields are encoded as browsers do it") {
    CHECK(form().encoded().empty());
    CHECK(form().add("q", "what & why").add("page", "2").encoded() == "q=what+%26+why&page=2");
    CHECK(form().add("a=b", "").add("", "c").encoded() == "a%3Db=&=c");
    CHECK(form().add("x", "\xc3\xa9\r\n+%~*-._").encoded() == "x=%C3%A9%0D%0A%2B%25%7E*-._");
    CHECK(form().add("same", "1").add("same", "2").encoded() == "same=1&same=2");
}
