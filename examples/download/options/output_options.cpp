#include "download/options/output_options.hpp"

#include <stdexcept>

#include "download/options/option_group.hpp"

using tandem::http::if_exists;

void output_options::add_to(CLI::App& app) {
    option_group names_group(app, "Files");
    names_group.list(
        "-o,--output", "FILE", names,
        "write to FILE, where #1 is what the first pattern of the URL had; - is standard output");
    names_group.flag(
        "-O,--remote-name", [this] { names.emplace_back(); },
        "call the file what the URL calls it (the default)");
    names_group.flag("-J,--remote-header-name", suggested_name, "call it what the server suggests");
    names_group.text("--output-dir,--directory-prefix", "FOLDER", folder,
                     "write to FOLDER, which is made if need be");
    names_group.flag(
        "--create-dirs", [] {}, "make the folders that --output names (which is done anyway)");

    option_group taken(app, "Files that are there");
    const auto choice = [&](const std::string& name, if_exists what, const std::string& help) {
        taken.flag(
            name, [this, what] { existing = what; }, help);
    };
    choice("--no-clobber", if_exists::fail, "refuse to replace them (the default)");
    choice("--clobber", if_exists::replace, "replace them, each at once when the new one is complete");
    choice("--unique", if_exists::number, "write to NAME-1.EXT, NAME-2.EXT and so on");
    choice("--skip-existing", if_exists::keep, "leave them, and fetch nothing");
    taken.value(
        "-C,--continue-at", "OFFSET",
        [this](const std::string& given) {
            if (given != "-" && given != "0")
                throw std::invalid_argument(
                    "a part is continued where it ends (-, the default) or begun anew "
                    "(0): elsewhere nothing tells whether it still fits; --range OFFSET- "
                    "fetches the rest of a file");
            resume = given == "-";
        },
        "go on where a part ends: - (the default), or begin anew: 0");
    taken.flag("--trust-partial", trust_partial,
               "go on with a part even where the server does not say whether it still fits");

    option_group content(app, "What is kept");
    content.value(
        "--checksum", "DIGEST|FILE",
        [this](const std::string& given) {
            if (given.find_first_of(":=") != given.npos)
                checksum.emplace(given);
            else
                checksum_file = given;
        },
        "keep a file only if it is sha256:HEX (or sha512, sha1, md5), or what FILE, as of sha256sum, says");
    content.flag("--remove-on-error", remove_on_error, "keep no part of what has failed, nor go on with one");
    content.flag(
        "-f,--fail", [] {}, "take a reply of 400 or more for an error (which is done anyway)");
    content.flag("--fail-with-body", fail_with_body, "the same, but keep what came with it");
    content.flag("-R,--remote-time", remote_time, "give the file the time that the server says");
    content.flag("--xattr", record_origin, "note the URL in the file's extended attributes");
    content.flag("--fsync", durable, "have file and folder on the disk before it counts as done");
}

void output_options::check() const {
    if (checksum && !checksum_file.empty())
        throw CLI::ValidationError("--checksum", "it is either a digest or a file");
}
