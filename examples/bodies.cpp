// bodies: what a client sends and gets beside a header: JSON, a form, a generator's chunks, and a reply in
// pieces.
//
//     bodies http://127.0.0.1:8000/      (of a server that sends back what is posted to it)
#include <iostream>

#include <tandem/coro/sleep.hpp>
#include <tandem/http.hpp>
#include <tandem/http/json.hpp>

using namespace tandem::literals;
namespace http = tandem::http;

namespace {

/// Lines that are made while they are sent.
tandem::stream<std::string> countdown() {
    for (int i = 3; i > 0; --i) {
        co_await tandem::sleep(std::chrono::milliseconds(1));
        co_yield std::to_string(i) + "...";
    }
}

} // namespace

tandem::task<int> async_main(http::url link) {
    http::client web;

    boost::json::value question = {{"name", "tandem"}, {"wheels", 2}};
    auto answer = co_await web.post(link).json(question).json();
    std::cout << "JSON:      " << answer.at("wheels") << " wheels\n";

    auto fields = http::form().add("q", "what & why").add("page", "2");
    std::cout << "form:      " << co_await web.post(link).form(fields).text() << '\n';

    std::cout << "generator: " << co_await web.put(link).body_stream(countdown).text() << '\n';

    auto reply = co_await web.get(link).max_body(10_MiB).raise_for_status().send();
    std::size_t pieces = 0, bytes = 0;
    while (auto piece = co_await reply.body().next()) {
        ++pieces;
        bytes += piece->size();
    }
    std::cout << "reply:     " << bytes << " bytes, " << (pieces > 1 ? "in pieces" : "in one piece") << '\n';
    if (auto coding = reply.headers()["Content-Encoding"]; !coding.empty())
        std::cout << "           sent as " << *reply.content_length() << " bytes of " << coding << '\n';
    co_return 0;
}

int main(int argc, char** argv) {
    return tandem::run(argc, argv, async_main);
}
