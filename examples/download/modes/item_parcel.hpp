// An item on its way to another process.
#pragma once
#include <string>
#include <utility>
#include <vector>

#include "download/list_item.hpp"

/// What a list_item says, as a plain aggregate that travels.
struct item_parcel {
    std::string link;
    std::vector<std::string> mirrors;
    std::string out;
    std::string folder;
    /// As `sha256:HEX`; empty for none.
    std::string checksum;
    std::vector<std::pair<std::string, std::string>> headers;
};

inline item_parcel packed(const list_item& item) {
    return {item.link,
            item.mirrors,
            item.out,
            item.folder,
            item.checksum ? item.checksum->to_string() : std::string(),
            item.headers};
}

inline list_item unpacked(item_parcel parcel) {
    list_item made;
    made.link = std::move(parcel.link);
    made.mirrors = std::move(parcel.mirrors);
    made.out = std::move(parcel.out);
    made.folder = std::move(parcel.folder);
    if (!parcel.checksum.empty()) made.checksum.emplace(parcel.checksum);
    made.headers = std::move(parcel.headers);
    return made;
}
