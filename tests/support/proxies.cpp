#include "support/proxies.hpp"

#include <arpa/inet.h>

namespace test {

namespace {

std::uint16_t port_in(const std::string& bytes) {
    return static_cast<std::uint16_t>(static_cast<unsigned char>(bytes.at(0)) << 8 |
                                      static_cast<unsigned char>(bytes.at(1)));
}

std::string address_in(int family, const std::string& bytes) {
    char text[INET6_ADDRSTRLEN] = "";
    ::inet_ntop(family, bytes.data(), text, sizeof text);
    return text;
}

std::string until_zero(conversation& guest) {
    std::string text;
    for (;;) {
        const auto next = guest.take(1);
        if (next.empty() || next[0] == '\0') return text;
        text += next;
    }
}

/// Behind its own length in one byte.
std::string sized_text(conversation& guest) {
    const auto size = guest.take(1);
    return size.empty() ? "" : guest.take(static_cast<unsigned char>(size[0]));
}

std::string of_bytes(std::initializer_list<int> bytes) {
    std::string text;
    for (const int each : bytes)
        text += static_cast<char>(each);
    return text;
}

} // namespace

std::string proxy_at(const scripted_server& proxy, const std::string& login) {
    return "http://" + (login.empty() ? "" : login + "@") + "127.0.0.1:" + std::to_string(proxy.port());
}

scripted_server::script http_proxy(std::function<std::string(const std::string& request)> asked) {
    return [asked = std::move(asked)](conversation& guest) {
        while (auto request = guest.request()) {
            const auto answer = asked ? asked(*request) : std::string();
            const auto target = target_of(*request);
            if (!answer.empty()) {
                guest.send(answer);
            } else if (request->starts_with("CONNECT ")) {
                guest.send("HTTP/1.1 200 Connection established\r\n\r\n");
                guest.relay_to(static_cast<std::uint16_t>(std::stoi(target.substr(target.rfind(':') + 1))));
                return;
            } else {
                guest.send(reply(target));
            }
        }
    };
}

socks_server::socks_server(socks_rules rules)
    : rules_(std::move(rules))
    , server_([this](conversation& guest) { talk_to(guest); }) {}

std::string socks_server::url(const std::string& scheme, const std::string& login) const {
    return scheme + "://" + (login.empty() ? "" : login + "@") + "127.0.0.1:" + std::to_string(port());
}

std::vector<std::string> socks_server::asked() const {
    std::lock_guard lock(access_);
    return asked_;
}

void socks_server::note(std::string what) {
    std::lock_guard lock(access_);
    asked_.push_back(std::move(what));
}

void socks_server::talk_to(conversation& guest) {
    const auto version = guest.take(1);
    if (version == "\4") talk_socks4(guest);
    if (version == "\5") talk_socks5(guest);
}

void socks_server::talk_socks4(conversation& guest) {
    const auto request = guest.take(7);
    if (request.size() < 7) return;
    const auto port = port_in(request.substr(1, 2));
    auto host = address_in(AF_INET, request.substr(3));
    const auto user = until_zero(guest);
    const bool is_name = host.starts_with("0.0.0.") && host != "0.0.0.0";
    if (is_name) host = until_zero(guest);
    note(std::string("4 ") + (is_name ? "name " : "address ") + host + ":" + std::to_string(port) +
         (user.empty() ? "" : " " + user));
    if (rules_.refusal != 0) {
        guest.send(of_bytes({0, rules_.refusal, 0, 0, 0, 0, 0, 0}));
        return;
    }
    guest.send(of_bytes({0, 90, 0, 0, 0, 0, 0, 0}));
    guest.relay_to(port);
}

bool socks_server::log_in(conversation& guest, std::string& login) {
    const auto methods = sized_text(guest);
    const char wanted = rules_.login.empty() ? '\0' : '\2';
    if (methods.find(wanted) == std::string::npos) {
        guest.send(of_bytes({5, 255}));
        return false;
    }
    guest.send(of_bytes({5, wanted}));
    if (wanted == 0) return true;
    guest.take(1);
    login = sized_text(guest);
    login += ":" + sized_text(guest);
    guest.send(of_bytes({1, login == rules_.login ? 0 : 1}));
    return login == rules_.login;
}

void socks_server::talk_socks5(conversation& guest) {
    std::string login;
    if (!log_in(guest, login)) return;
    const auto request = guest.take(4);
    if (request.size() < 4) return;
    const char kind = request[3];
    std::string host;
    if (kind == 3) host = sized_text(guest);
    if (kind == 1) host = address_in(AF_INET, guest.take(4));
    if (kind == 4) host = "[" + address_in(AF_INET6, guest.take(16)) + "]";
    const auto port = port_in(guest.take(2));
    note(std::string("5 ") + (kind == 3 ? "name " : "address ") + host + ":" + std::to_string(port) +
         (login.empty() ? "" : " " + login));
    if (rules_.refusal != 0) {
        guest.send(of_bytes({5, rules_.refusal, 0, 1, 0, 0, 0, 0, 0, 0}));
        return;
    }
    guest.send(of_bytes({5, 0, 0, rules_.bound_kind}));
    if (rules_.bound_kind == 1) guest.send(std::string(4 + 2, 'x'));
    if (rules_.bound_kind == 3) guest.send("\3abc" + std::string(2, 'x'));
    if (rules_.bound_kind == 4) guest.send(std::string(16 + 2, 'x'));
    guest.relay_to(port);
}

} // namespace test
