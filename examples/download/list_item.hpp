// One file to get.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <tandem/http/checksum.hpp>

/// What a list, or the command line, says of one file. What is empty is left to the options.
struct list_item {
    /// Nobody has looked whether it is a URL; the mirrors neither.
    std::string link;
    /// Other places of the same file.
    std::vector<std::string> mirrors;
    /// The file's name, or a path below `folder`.
    std::string out;
    std::string folder;
    std::optional<tandem::http::checksum> checksum;
    std::vector<std::pair<std::string, std::string>> headers;

    /// Sets what `name` stands for: `out`, `dir`, `checksum`, `header` (as `Name: value`), `referer`,
    /// `user-agent` or `mirror`; the last four add to what is there. Throws std::invalid_argument.
    void set(std::string_view name, std::string_view value);
};

/// An item as a JSON object: `url`, which it has to have, and `out`, `dir`, `checksum`, `referer`,
/// `user-agent`, all texts; `headers`, an object of texts, or a list of texts `Name: value`; `mirrors`, a
/// list. Throws std::invalid_argument.
list_item json_item(std::string_view text);
