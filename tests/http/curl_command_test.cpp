#include <catch2/catch.hpp>

#include <algorithm>

#include <tandem/http/client.hpp>
#include <tandem/http/login.hpp>

#include "support/child_process.hpp"
#include "support/temp_folder.hpp"

using namespace std::chrono_literals;
using namespace std::string_literals;
using namespace tandem::http;

namespace {

using words = std::vector<std::string>;

/// What a shell makes of `command`: the arguments of curl, and what it would read from its input.
struct call {
    words arguments;
    std::string input;
};
call run_in_shell(const std::string& command) {
    const std::string curl = "curl() { for each in \"$@\"; do printf '%s\\0' \"$each\"; done; "
                             "case \" $* \" in *' @- '*) printf '\\0'; cat;; esac; }; ";
    const auto ran = test::run({"/bin/sh", "-c", curl + command});
    CHECK(ran.status == 0);
    CHECK(ran.errors.empty());
    call made;
    std::string_view left = ran.output;
    while (!left.empty()) {
        const auto end = left.find('\0');
        const auto word = left.substr(0, end);
        left.remove_prefix(std::min(left.size(), word.size() + 1));
        // An empty word is the mark before the input; no test has another.
        if (word.empty()) {
            made.input = left;
            break;
        }
        made.arguments.emplace_back(word);
    }
    return made;
}

words arguments_of(const request_builder& request, bool with_secrets = false) {
    return run_in_shell(request.curl_command(with_secrets)).arguments;
}

bool has(const words& arguments, const std::string& option, const std::string& value) {
    for (std::size_t i = 0; i + 1 < arguments.size(); ++i)
        if (arguments[i] == option && arguments[i + 1] == value) return true;
    for (const auto& each : arguments)
        UNSCOPED_INFO(each);
    return false;
}

} // namespace

TEST_CASE("a plain request is a plain command") {
    client web;
    CHECK(web.get("http://site.example/a").curl_command() ==
          "curl --location --user-agent tandem --compressed http://site.example/a");
    CHECK(web.head("http://site.example/a").max_redirects(0).curl_command() ==
          "curl --head --user-agent tandem --compressed http://site.example/a");
}

TEST_CASE("method, headers and body go along, whatever is in them") {
    client web;
    const auto nasty = "it's \"$HOME\" `id` \\ $(id) ; & | > < * ? ~ # ! %s \n\t end"s;
    auto request = web.post("http://site.example/a?b=c&d='e'").body(nasty).header("X-Note", "don't $HOME");
    const auto arguments = arguments_of(request.header("X-Empty", ""));
    CHECK(has(arguments, "--data-raw", nasty));
    CHECK(has(arguments, "--header", "X-Note: don't $HOME"));
    CHECK(has(arguments, "--header", "X-Empty;"));
    CHECK(has(arguments, "--header", "Content-Type: text/plain; charset=utf-8"));
    CHECK(arguments.back() == "http://site.example/a?b=c&d=%27e%27");
    CHECK(has(arguments_of(web.put("http://site.example/").body("x")), "--request", "PUT"));
    CHECK(has(arguments_of(web.delete_("http://site.example/")), "--request", "DELETE"));
    CHECK(has(arguments_of(web.post("http://site.example/")), "--request", "POST"));
}

TEST_CASE("brackets and braces of a URL are no pattern") {
    client web;
    const auto arguments = arguments_of(web.get("http://[::1]:8080/{a}?b=[1-3]"));
    CHECK(std::find(arguments.begin(), arguments.end(), "--globoff") != arguments.end());
    CHECK(arguments.back() == "http://[::1]:8080/%7Ba%7D?b=[1-3]");
}

TEST_CASE("what speaks for the caller is masked unless it is asked for") {
    client web(client_options()
                   .proxy("http://me:proxypass@proxy.example")
                   .proxy_header("Proxy-Authorization", "P 1"));
    const auto request = web.get("http://me:urlpass@site.example/")
                             .header("Authorization", "Bearer token")
                             .header("cookie", "session=1")
                             .secret_header("X-Mine", "hush")
                             .header("X-Open", "seen");
    const auto masked = request.curl_command();
    for (const char* secret : {"urlpass", "proxypass", "token", "session", "hush", "P 1"})
        CHECK(masked.find(secret) == std::string::npos);
    auto arguments = arguments_of(request);
    CHECK(has(arguments, "--header", "Authorization: ***"));
    CHECK(has(arguments, "--header", "X-Open: seen"));
    CHECK(has(arguments, "--proxy", "http://***@proxy.example:80"));
    CHECK(arguments.back() == "http://***@site.example/");
    arguments = arguments_of(request, true);
    CHECK(has(arguments, "--header", "Authorization: Bearer token"));
    CHECK(has(arguments, "--header", "cookie: session=1"));
    CHECK(has(arguments, "--header", "X-Mine: hush"));
    CHECK(has(arguments, "--proxy", "http://me:proxypass@proxy.example:80"));
    CHECK(has(arguments, "--proxy-header", "Proxy-Authorization: P 1"));
    CHECK(arguments.back() == "http://me:urlpass@site.example/");
}

TEST_CASE("a login for the proxy goes along with how it may be proved") {
    client web(client_options().proxy("http://urls:own@proxy.example").proxy_login(login("me", "proxypass")));
    const auto request = web.get("http://site.example/");
    CHECK(request.curl_command().find("proxypass") == std::string::npos);
    auto arguments = arguments_of(request, true);
    CHECK(has(arguments, "--proxy", "http://proxy.example:80"));
    CHECK(has(arguments, "--proxy-user", "me:proxypass"));
    CHECK(std::find(arguments.begin(), arguments.end(), "--proxy-anyauth") != arguments.end());
    const auto digest =
        web.get("http://site.example/").proxy_login(login("me", "pw").digest()).curl_command();
    CHECK(digest.find("--proxy-user '***' --proxy-digest") != std::string::npos);
    const auto basic = web.get("http://site.example/").proxy_login(login("me", "pw").basic()).curl_command();
    CHECK(basic.find("--proxy-user '***' --user-agent") != std::string::npos);
}

TEST_CASE("a file is named, and several parts are put together by the shell") {
    test::temp_folder folder;
    const auto file = folder.write("it's a file", "content\0of it"s);
    client web;
    CHECK(has(arguments_of(web.put("http://x/").body_file(file)), "--data-binary", "@" + file));
    const auto whole = run_in_shell(web.post("http://x/")
                                        .multipart(multipart().add("a", "100% \\n 'b'").add_file("f", file))
                                        .curl_command());
    CHECK(has(whole.arguments, "--data-binary", "@-"));
    CHECK(whole.input.find("100% \\n 'b'") != std::string::npos);
    CHECK(whole.input.find("content\0of it"s) != std::string::npos);
    const auto zero = "a\0b%c\\d'e"s;
    const auto text = run_in_shell(web.post("http://x/").body(zero).curl_command());
    CHECK(text.input == zero);
}

TEST_CASE("settings have their options") {
    client web(client_options()
                   .user_agent("app/1 (it's)")
                   .connect_timeout(1500ms)
                   .total_timeout(90s)
                   .max_redirects(3)
                   .proxy("socks5h://[::1]:9050")
                   .no_proxy("a.example,b.example")
                   .resolve("site.example", "127.0.0.1")
                   .local_address("127.0.0.2")
                   .ca_file("/etc/it's.pem"));
    const auto arguments = arguments_of(web.get("https://site.example/").insecure_accept_any_certificate());
    CHECK(has(arguments, "--user-agent", "app/1 (it's)"));
    CHECK(has(arguments, "--connect-timeout", "1.5"));
    CHECK(has(arguments, "--max-time", "90"));
    CHECK(has(arguments, "--max-redirs", "3"));
    CHECK(has(arguments, "--proxy", "socks5h://[::1]:9050"));
    CHECK(has(arguments, "--noproxy", "a.example,b.example"));
    CHECK(has(arguments, "--connect-to", "site.example:443:127.0.0.1:443"));
    CHECK(has(arguments, "--interface", "127.0.0.2"));
    CHECK(has(arguments, "--cacert", "/etc/it's.pem"));
    CHECK(std::find(arguments.begin(), arguments.end(), "--insecure") != arguments.end());
    CHECK(has(arguments_of(client(client_options().proxy("")).get("http://x/")), "--noproxy", "*"));
    CHECK(has(arguments_of(client().get("http://x/").unix_socket("/run/it's.sock")), "--unix-socket",
              "/run/it's.sock"));
}

TEST_CASE("other ways, and what is left out, have their options") {
    client web(client_options()
                   .resolve_at("a.example", 81, "10.0.0.1")
                   .resolve_at("*", 82, "::1")
                   .connect_to("b.example", 80, "::2", 8080)
                   .connect_to("", 0, "c.example", 0)
                   .proxy("http://127.0.0.1:3128")
                   .pre_proxy("socks5h://me:secret@127.0.0.1:9050")
                   .trust_redirects());
    const auto arguments = arguments_of(web.get("http://a.example/").without_header("Accept").raw());
    CHECK(has(arguments, "--resolve", "a.example:81:10.0.0.1"));
    CHECK(has(arguments, "--resolve", "*:82:::1"));
    CHECK(has(arguments, "--connect-to", "b.example:80:[::2]:8080"));
    CHECK(has(arguments, "--connect-to", "::c.example:"));
    CHECK(has(arguments, "--preproxy", "socks5h://***@127.0.0.1:9050"));
    CHECK(has(arguments, "--header", "Accept:"));
    CHECK(std::find(arguments.begin(), arguments.end(), "--raw") != arguments.end());
    CHECK(std::find(arguments.begin(), arguments.end(), "--compressed") == arguments.end());
    CHECK(std::find(arguments.begin(), arguments.end(), "--location-trusted") != arguments.end());
    CHECK(has(arguments_of(web.post("http://x/").body("y").keep_method()), "--request", "POST"));
}
