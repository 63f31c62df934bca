#include "outgoing_body.hpp"

#include <array>
#include <cerrno>
#include <cstdio>
#include <random>
#include <system_error>

#include <sys/stat.h>

#include <tandem/base/error.hpp>

namespace tandem::http::detail {

namespace {

/// 128 random bits: nobody can guess them and put them into a file.
std::string random_boundary() {
    std::random_device source;
    std::string text = "tandem-";
    for (int i = 0; i < 4; ++i) {
        std::array<char, 9> word{};
        std::snprintf(word.data(), word.size(), "%08x", source());
        text += word.data();
    }
    return text;
}

std::uint64_t size_of_file(const std::string& path) {
    struct stat seen {};
    if (::stat(path.c_str(), &seen) != 0) throw std::system_error(errno, std::generic_category(), path);
    if (S_ISDIR(seen.st_mode)) throw std::system_error(EISDIR, std::generic_category(), path);
    // A pipe says nothing of its length, and a body has to.
    if (!S_ISREG(seen.st_mode)) throw std::system_error(EINVAL, std::generic_category(), path);
    return static_cast<std::uint64_t>(seen.st_size);
}

} // namespace

outgoing_body outgoing_body::of_text(std::string text, std::string_view type) {
    outgoing_body made;
    made.add_text(std::move(text));
    made.type_ = type;
    return made;
}

outgoing_body outgoing_body::of_file(std::string path, std::string_view type) {
    outgoing_body made;
    made.parts_.emplace_back().path = std::move(path);
    made.type_ = type;
    return made;
}

outgoing_body outgoing_body::of_stream(stream<std::string> chunks, std::string_view type) {
    auto kept = std::make_shared<std::optional<stream<std::string>>>(std::move(chunks));
    auto made = of_generator(
        [kept]() -> stream<std::string> {
            if (!*kept) throw usage_error("http: a stream can be sent as a body only once");
            auto given = std::move(**kept);
            kept->reset();
            return given;
        },
        type);
    made.can_be_sent_again_ = false;
    return made;
}

outgoing_body outgoing_body::of_generator(std::function<stream<std::string>()> chunks,
                                          std::string_view type) {
    outgoing_body made;
    made.parts_.emplace_back().chunks = std::move(chunks);
    made.type_ = type;
    return made;
}

outgoing_body outgoing_body::of_multipart(const multipart& parts) {
    auto occurs = [&parts](const std::string& boundary) {
        for (const auto& each : parts.parts_)
            if (each.content.find(boundary) != std::string::npos ||
                each.header.find(boundary) != std::string::npos)
                return true;
        return false;
    };
    auto boundary = random_boundary();
    while (occurs(boundary))
        boundary = random_boundary();

    outgoing_body made;
    made.type_ = "multipart/form-data; boundary=" + boundary;
    std::string text;
    for (const auto& each : parts.parts_) {
        text += "--" + boundary + "\r\n" + each.header + each.content;
        if (!each.path.empty()) {
            made.add_text(std::exchange(text, {}));
            made.parts_.emplace_back().path = each.path;
        }
        text += "\r\n";
    }
    made.add_text(text + "--" + boundary + "--\r\n");
    return made;
}

void outgoing_body::add_text(std::string text) {
    parts_.emplace_back().text = std::make_shared<const std::string>(std::move(text));
}

std::optional<std::vector<std::uint64_t>> outgoing_body::sizes() const {
    std::vector<std::uint64_t> all;
    for (const auto& each : parts_) {
        if (each.chunks) return std::nullopt;
        all.push_back(each.text ? each.text->size() : size_of_file(each.path));
    }
    return all;
}

bool outgoing_body::append_to(std::string& text, std::size_t most) const {
    std::size_t size = 0;
    for (const auto& each : parts_) {
        if (!each.text || each.text->size() > most - size) return false;
        size += each.text->size();
    }
    text.reserve(text.size() + size);
    for (const auto& each : parts_)
        text += *each.text;
    return true;
}

} // namespace tandem::http::detail
