#include "examples/images.hpp"
#include "support/temp_folder.hpp"
#include "thumbnail/orientation.hpp"
#include "thumbnail/thumbnail.hpp"

#include <system_error>
#include <zlib.h>

using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

namespace {

imaging::image decoded(const std::string& file) {
    auto content = test::raw(test::read_file(file));
    return imaging::is_png(content) ? imaging::decode_png(content) : imaging::decode_jpeg(content, 1 << 20);
}

std::string message_of(const std::string& file, int edge = 128) {
    try {
        make_thumbnail(file, edge);
    } catch (const std::exception& error) {
        return error.what();
    }
    return "no error";
}

bool near(const imaging::image& picture, const imaging::bytes& pixel, int tolerance = 6) {
    for (std::size_t i = 0; i < picture.pixels.size(); ++i) {
        if (std::abs(picture.pixels[i] - pixel[i % pixel.size()]) > tolerance) return false;
    }
    return picture.channels == static_cast<int>(pixel.size());
}

} // namespace

TEST_CASE("a thumbnail fits the box and keeps the proportions") {
    auto fit = [](int width, int height, int edge) {
        auto size = imaging::fit({width, height}, edge);
        return std::pair(size.width, size.height);
    };
    CHECK(fit(1600, 1200, 128) == std::pair(128, 96));
    CHECK(fit(1200, 1600, 128) == std::pair(96, 128));
    CHECK(fit(500, 500, 128) == std::pair(128, 128));
    CHECK(fit(1000, 333, 100) == std::pair(100, 33));
    CHECK(fit(5000, 1, 128) == std::pair(128, 1));
    CHECK(fit(100'000'000, 1, 128) == std::pair(128, 1));
}

TEST_CASE("a thumbnail stands beside its source, under its name") {
    test::temp_folder folder;
    auto made = make_thumbnail(folder.write("a photo.v2.jpg", test::jpeg(400, 300)), 128);
    CHECK(made.path == folder / "a photo.v2_thumbnail.jpg");
    CHECK(std::pair(made.width, made.height) == std::pair(128, 96));
    auto picture = decoded(made.path);
    CHECK(std::pair(picture.width, picture.height) == std::pair(128, 96));
    CHECK(near(picture, {200, 100, 50}));
    CHECK(make_thumbnail(folder.write("bare", test::jpeg(9, 9)), 4).path == folder / "bare_thumbnail");
    CHECK(make_thumbnail(folder.write(".hidden", test::jpeg(9, 9)), 4).path == folder / ".hidden_thumbnail");
}

TEST_CASE("a thumbnail keeps the format and the channels of its source") {
    test::temp_folder folder;
    for (auto& pixel : std::vector<imaging::bytes>{{90}, {90, 128}, {200, 100, 50}, {200, 100, 50, 128}}) {
        auto file = make_thumbnail(folder.write("image.png", test::png(64, 32, pixel)), 16).path;
        CHECK(imaging::is_png(test::raw(test::read_file(file))));
        CHECK(near(decoded(file), pixel, 1));
    }
    auto grey = make_thumbnail(folder.write("grey.jpg", test::jpeg(64, 32, {90})), 16).path;
    CHECK(imaging::is_jpeg(test::raw(test::read_file(grey))));
    CHECK(near(decoded(grey), {90}));
}

TEST_CASE("the content says what the format is, not the name") {
    test::temp_folder folder;
    auto made = make_thumbnail(folder.write("really.jpg", test::png(64, 32, {1, 2, 3})), 16);
    CHECK(imaging::is_png(test::raw(test::read_file(made.path))));
}

TEST_CASE("an image that already fits is not enlarged") {
    test::temp_folder folder;
    auto made = make_thumbnail(folder.write("small.png", test::png(40, 30, {7, 8, 9})), 128);
    CHECK(std::pair(made.width, made.height) == std::pair(40, 30));
    CHECK(near(decoded(made.path), {7, 8, 9}, 0));
    auto exact = make_thumbnail(folder.write("exact.jpg", test::jpeg(128, 20)), 128);
    CHECK(std::pair(exact.width, exact.height) == std::pair(128, 20));
}

TEST_CASE("palettes, 16 bits a channel and printing inks become plain pixels") {
    test::temp_folder folder;

    png_byte palette[] = {10, 20, 30, 200, 100, 50};
    std::vector<png_byte> indices(64 * 64, 1);
    auto paletted = test::png_of_format(64, 64, PNG_FORMAT_RGB_COLORMAP, indices.data(), palette, 2);
    CHECK(near(decoded(make_thumbnail(folder.write("palette.png", paletted), 16).path), {200, 100, 50}, 1));

    std::vector<png_uint_16> deep(64 * 64 * 3, 0xffff);
    auto wide = test::png_of_format(64, 64, PNG_FORMAT_LINEAR_RGB, deep.data());
    CHECK(near(decoded(make_thumbnail(folder.write("deep.png", wide), 16).path), {255, 255, 255}, 0));

    auto printed = test::cmyk_jpeg(64, 64, {200, 100, 50, 255});
    CHECK(near(decoded(make_thumbnail(folder.write("cmyk.jpg", printed), 16).path), {200, 100, 50}));
}

TEST_CASE("transparent pixels do not colour their neighbours") {
    test::temp_folder folder;
    auto picture = test::plain(64, 64, {255, 255, 255, 255});
    for (std::size_t i = 0; i < picture.pixels.size(); i += 8) { // every second one: black, but invisible
        std::fill_n(picture.pixels.begin() + static_cast<std::ptrdiff_t>(i), 4,
                    static_cast<unsigned char>(0));
    }
    auto small =
        decoded(make_thumbnail(folder.write("a.png", test::text(imaging::encode_png(picture))), 16).path);
    CHECK(small.pixels[0] > 250);
    CHECK(small.pixels[3] < 200);
}

TEST_CASE("a photo taken with the camera on its side stands upright") {
    // Two pixels beside each other, then each of the eight ways to have stored them.
    imaging::image stored{2, 1, 1, {1, 2}};
    auto seen = [&](int orientation) {
        auto picture = imaging::upright(stored, orientation);
        return std::tuple(picture.width, picture.height, picture.pixels);
    };
    using pixels = imaging::bytes;
    CHECK(seen(1) == std::tuple(2, 1, pixels{1, 2}));
    CHECK(seen(2) == std::tuple(2, 1, pixels{2, 1}));
    CHECK(seen(3) == std::tuple(2, 1, pixels{2, 1}));
    CHECK(seen(4) == std::tuple(2, 1, pixels{1, 2}));
    CHECK(seen(5) == std::tuple(1, 2, pixels{1, 2}));
    CHECK(seen(6) == std::tuple(1, 2, pixels{1, 2}));
    CHECK(seen(7) == std::tuple(1, 2, pixels{2, 1}));
    CHECK(seen(8) == std::tuple(1, 2, pixels{2, 1}));

    imaging::image square{2, 2, 1, {1, 2, 3, 4}};
    CHECK(imaging::upright(square, 3).pixels == pixels{4, 3, 2, 1});
    CHECK(imaging::upright(square, 6).pixels == pixels{3, 1, 4, 2});
    CHECK(imaging::upright(square, 8).pixels == pixels{2, 4, 1, 3});

    // The segment cameras write: "Exif", a big-endian TIFF header, a directory with the one entry.
    std::string exif("\xff\xe1\0\x22"
                     "Exif\0\0"
                     "MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0",
                     36);
    auto photo = test::jpeg(400, 300);
    photo.insert(2, exif);
    test::temp_folder folder;
    auto made = make_thumbnail(folder.write("turned.jpg", photo), 128);
    CHECK(std::pair(made.width, made.height) == std::pair(96, 128));
}

TEST_CASE("a header that promises too many pixels is refused before they are allocated") {
    test::temp_folder folder;
    // Only the headers are changed: had the pixels been asked for, the error would be another.
    auto photo = test::jpeg(16, 16);
    auto frame = photo.find("\xff\xc0");
    REQUIRE(frame != std::string::npos);
    photo.replace(frame + 5, 4, "\xf0\0\xf0\0", 4);
    CHECK_THAT(message_of(folder.write("bomb.jpg", photo)),
               Contains("bomb.jpg") && Contains("61440 x 61440 pixels are over the limit of 100 million"));

    auto drawing = test::png(16, 16, {1, 2, 3});
    drawing.replace(16, 8, "\0\x0f\0\0\0\x0f\0\0", 8);
    auto crc = crc32(0, reinterpret_cast<const Bytef*>(drawing.data()) + 12, 17);
    for (int i = 0; i < 4; ++i)
        drawing[29 + static_cast<std::size_t>(i)] = static_cast<char>(crc >> (24 - 8 * i));
    CHECK_THAT(message_of(folder.write("bomb.png", drawing)),
               Contains("bomb.png") && Contains("983040 x 983040"));
    CHECK(test::files_below(folder.path()).size() == 2);
}

TEST_CASE("a file that is no sound image is refused by name and cause, and leaves nothing behind") {
    test::temp_folder folder;
    auto photo = test::jpeg(200, 200);
    auto drawing = test::png(200, 200, {1, 2, 3});
    auto broken = drawing;
    broken[broken.size() / 2] ^= 0x55;

    auto check = [&](const std::string& name, const std::string& content, const std::string& cause) {
        auto file = folder.write(name, content);
        CHECK_THAT(message_of(file), StartsWith(file) && Contains(cause));
        std::filesystem::remove(file);
        CHECK(test::files_below(folder.path()).empty());
    };
    check("empty.jpg", "", "neither a JPEG nor a PNG");
    check("page.jpg", "<html>not found</html>", "neither a JPEG nor a PNG");
    check("short.jpg", photo.substr(0, photo.size() / 2), "JPEG: ");
    check("head.jpg", photo.substr(0, 4), "JPEG: ");
    check("short.png", drawing.substr(0, drawing.size() / 2), "PNG: ");
    check("head.png", drawing.substr(0, 8), "PNG: ");
    check("broken.png", broken, "PNG: ");
    CHECK_THROWS_AS(make_thumbnail(folder / "absent.jpg", 128), std::system_error);
    CHECK_THAT(message_of(folder / "absent.jpg"), Contains("absent.jpg") && Contains("No such file"));
    CHECK_THROWS_AS(make_thumbnail(folder / "absent.jpg", 0), std::invalid_argument);
}

TEST_CASE("damage anywhere gives a thumbnail or an error that names the file") {
    test::temp_folder folder;
    for (auto& whole : {test::jpeg(48, 40), test::png(48, 40, {1, 2, 3, 200})}) {
        for (std::size_t i = 0; i < whole.size(); ++i) {
            auto damaged = whole;
            damaged[i] ^= static_cast<char>(1 << i % 8);
            auto file = folder.write("damaged", damaged);
            CHECK_THAT(message_of(file, 8), StartsWith(file) || Contains("no error"));
        }
    }
}

TEST_CASE("a thumbnail that cannot be written leaves no temporary file") {
    test::temp_folder folder;
    auto file = folder.write("photo.jpg", test::jpeg(200, 200));
    std::filesystem::create_directory(folder / "photo_thumbnail.jpg"); // nothing can be renamed over a folder
    CHECK_THAT(message_of(file), Contains("photo_thumbnail.jpg"));
    CHECK(test::files_below(folder.path()) == std::vector<std::string>{"photo.jpg"});
}
