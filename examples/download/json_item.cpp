// Items as JSON objects.
#include "download/list_item.hpp"

#include <boost/json.hpp>

#include <stdexcept>

namespace json = boost::json;

namespace {

const std::string no_text = " has to be a text";

std::string_view text_of(const json::value& value, const std::string& name) {
    const auto* text = value.if_string();
    if (!text) throw std::invalid_argument("'" + name + "'" + no_text);
    return {text->data(), text->size()};
}

void add_headers(list_item& to, const json::value& value) {
    if (const auto* fields = value.if_object()) {
        for (const auto& each : *fields) {
            const std::string name = each.key();
            to.headers.emplace_back(name, text_of(each.value(), name));
        }
    } else if (const auto* lines = value.if_array()) {
        for (const auto& each : *lines)
            to.set("header", text_of(each, "headers"));
    } else {
        throw std::invalid_argument("'headers' has to be an object or a list");
    }
}

void add_mirrors(list_item& to, const json::value& value) {
    const auto* links = value.if_array();
    if (!links) throw std::invalid_argument("'mirrors' has to be a list");
    for (const auto& each : *links)
        to.set("mirror", text_of(each, "mirrors"));
}

} // namespace

list_item json_item(std::string_view text) {
    json::error_code trouble;
    const auto parsed = json::parse({text.data(), text.size()}, trouble);
    if (trouble) throw std::invalid_argument("no JSON: " + trouble.message());
    const auto* object = parsed.if_object();
    if (!object) throw std::invalid_argument("no JSON object");
    list_item made;
    for (const auto& each : *object) {
        const std::string name = each.key();
        if (name == "headers")
            add_headers(made, each.value());
        else if (name == "mirrors")
            add_mirrors(made, each.value());
        else if (name == "url")
            made.link = text_of(each.value(), name);
        else
            made.set(name, text_of(each.value(), name));
    }
    if (made.link.empty()) throw std::invalid_argument("'url' is missing");
    return made;
}
