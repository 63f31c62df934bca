#include "common/sha256.hpp"
#include "origin/photo.hpp"
#include "thumbnail/image.hpp"

#include <set>

TEST_CASE("the generated photos differ, and are the same on every run") {
    auto photos = make_photos(3);
    REQUIRE(photos.size() == 3);
    CHECK(std::set<std::string>(photos.begin(), photos.end()).size() == 3);
    CHECK(photos[1] == make_photo(1));
}

TEST_CASE("a generated photo has the size and the weight of one") {
    auto photo = make_photo(2);
    CHECK(photo.size() > 150'000);
    CHECK(photo.size() < 400'000);
    auto picture =
        imaging::decode_jpeg({reinterpret_cast<const unsigned char*>(photo.data()), photo.size()}, 1600);
    CHECK(picture.width == 1200);
    CHECK(picture.height == 1600);
}

TEST_CASE("a digest is what sha256sum prints") {
    CHECK(sha256("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}
