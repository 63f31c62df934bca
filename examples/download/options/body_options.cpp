#include "download/options/body_options.hpp"

#include <stdexcept>
#include <string_view>

#include "download/options/body_data.hpp"
#include "download/options/option_group.hpp"

namespace {

/// Cuts `;key=value` off the end of a part's value, as long as the keys are those of curl.
void read_attributes(std::string& value, form_part& into) {
    for (;;) {
        const auto mark = value.rfind(';');
        if (mark == value.npos) return;
        const std::string_view last = std::string_view(value).substr(mark + 1);
        if (last.starts_with("type="))
            into.type = last.substr(5);
        else if (last.starts_with("filename="))
            into.file_name = last.substr(9);
        else
            return;
        value.resize(mark);
    }
}

/// `name=content`, `name=@file` or `name=<file`, with `;type=` and `;filename=` behind it.
form_part read_part(const std::string& given) {
    const auto mark = given.find('=');
    if (mark == given.npos || mark == 0) throw std::invalid_argument("a part is written as NAME=CONTENT");
    form_part made;
    made.name = given.substr(0, mark);
    auto value = given.substr(mark + 1);
    read_attributes(value, made);
    const char kind = value.empty() ? '\0' : value[0];
    if (kind == '@' && value != "@-") {
        made.path = value.substr(1);
    } else if (kind == '@' || kind == '<') {
        made.content = content_of(value.substr(1));
        if (kind == '@' && made.file_name.empty()) made.file_name = "-";
    } else {
        made.content = value;
    }
    return made;
}

} // namespace

void body_options::add_to(CLI::App& app) {
    option_group group(app, "What to send");
    const auto add = [this](const std::string& more, const char* between) {
        if (!data) data.emplace();
        if (!data->empty()) *data += between;
        *data += more;
    };
    group.value(
        "-d,--data,--data-ascii", "DATA", [add](const std::string& given) { add(plain_data(given), "&"); },
        "post DATA as a form, of @FILE its content without line ends; more of them are joined by &");
    group.value(
        "--data-raw", "DATA", [add](const std::string& given) { add(given, "&"); },
        "the same with an @ being an @");
    group.value(
        "--data-binary", "DATA", [add](const std::string& given) { add(binary_data(given), "&"); },
        "the same with all of a file's content as it is");
    group.value(
        "--data-urlencode", "DATA", [add](const std::string& given) { add(encoded_data(given), "&"); },
        "the same encoded: CONTENT, NAME=CONTENT, @FILE or NAME@FILE");
    group.value(
        "--json", "DATA",
        [this, add](const std::string& given) {
            add(binary_data(given), "");
            is_json = true;
        },
        "post DATA, or the content of @FILE, as application/json");
    group.flag("-G,--get", as_query, "send the data in the URL's query, by GET");
    group.value(
        "-F,--form", "NAME=CONTENT", [this](const std::string& given) { form.push_back(read_part(given)); },
        "post a part of multipart/form-data; @FILE sends a file, <FILE its content as a text; ;type= and "
        ";filename= may stand behind it");
    group.value(
        "--form-string", "NAME=TEXT",
        [this](const std::string& given) {
            const auto mark = given.find('=');
            if (mark == given.npos) throw std::invalid_argument("a part is written as NAME=TEXT");
            form.push_back({given.substr(0, mark), given.substr(mark + 1), "", "", ""});
        },
        "the same with a text that is nothing else");
    group.text("-T,--upload-file", "FILE", upload_file,
               "put FILE; - is standard input; its name goes behind a URL that ends in /");
}

void body_options::check() const {
    const int kinds = (data && !as_query) + !form.empty() + !upload_file.empty();
    if (kinds > 1)
        throw CLI::ValidationError("--data, --form and --upload-file",
                                   "only one of them can be what is sent with a request");
    if (as_query && !data) throw CLI::ValidationError("--get", "there is no --data to put into the URL");
}
