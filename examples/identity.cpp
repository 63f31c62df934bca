// identity: who a client is to a server: a Digest login, a bearer token that is renewed, cookies that stay in
// a file, and the name that a server gives a download.
//
//     identity http://127.0.0.1:8000/ cookies.txt      (of a server as tests/examples/identity_test.cpp has
//     one)
#include <iostream>

#include <tandem/coro/gather.hpp>
#include <tandem/http.hpp>

namespace http = tandem::http;

namespace {

std::string origin_of(const http::url& link) {
    return std::string(link.origin());
}

tandem::task<> log_in(const http::url& server) {
    http::client web(http::client_options().credentials(origin_of(server),
                                                        http::login("Mufasa", "Circle of Life").digest()));
    auto answer = co_await web.get(server.resolve("/private")).text();
    std::cout << "login:   " << answer << '\n';
}

/// Three requests at once, whose token has run out: it is renewed for all of them by one call.
tandem::task<> use_token(const http::url& server) {
    http::client plain;
    int renewals = 0;
    auto renew = [&]() -> tandem::task<std::string> {
        ++renewals;
        co_return co_await plain.post(server.resolve("/token")).text();
    };
    http::client api(http::client_options().credentials(origin_of(server), http::bearer("expired", renew)));
    auto get = [&](const char* what) { return api.get(server.resolve(what)).text(); };
    auto [a, b, c] = co_await tandem::gather(get("/api/1"), get("/api/2"), get("/api/3"));
    std::cout << "token:   " << a << ' ' << b << ' ' << c << ", renewed " << renewals << " time\n";
}

tandem::task<> keep_cookies(const http::url& server, const std::string& file) {
    http::cookie_jar jar;
    http::client web(http::client_options().cookies(jar));
    co_await web.get(server.resolve("/welcome")).text();
    jar.save(file);

    http::cookie_jar later; // another day
    later.load(file);
    http::client again(http::client_options().cookies(later));
    auto answer = co_await again.get(server.resolve("/welcome")).text();
    std::cout << "cookies: " << later.header_for(server) << ": " << answer << '\n';
}

tandem::task<> name_download(const http::url& server) {
    http::client web;
    auto reply = co_await web.get(server.resolve("/report")).send();
    const auto said = reply.headers()["Content-Disposition"];
    const auto name = http::suggested_file_name(said).value_or(reply.from().file_name());
    std::cout << "name:    " << name << ", of " << said << '\n';
}

} // namespace

tandem::task<int> async_main(http::url server, std::string cookie_file) {
    co_await log_in(server);
    co_await use_token(server);
    co_await keep_cookies(server, cookie_file);
    co_await name_download(server);
    co_return 0;
}

int main(int argc, char** argv) {
    return tandem::run(argc, argv, async_main);
}
