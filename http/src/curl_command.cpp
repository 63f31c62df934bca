#include "curl_command.hpp"

#include <algorithm>
#include <charconv>
#include <cstdio>

#include "proxy/proxy_settings.hpp"
#include "secret_fields.hpp"

namespace tandem::http::detail {

namespace {

/// One word for a POSIX shell, whatever is in it but a zero byte.
std::string quoted(std::string_view text) {
    const auto is_plain = [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
               std::string_view("-_./:@%+=,").find(c) != std::string_view::npos;
    };
    if (!text.empty() && std::all_of(text.begin(), text.end(), is_plain)) return std::string(text);
    std::string word = "'";
    for (const char c : text) {
        if (c == '\'')
            word += "'\\''";
        else
            word += c;
    }
    return word + "'";
}

/// A command that prints `text`, which may have zero bytes.
std::string printing(std::string_view text) {
    if (text.find('\0') == std::string_view::npos) return "printf %s " + quoted(text);
    std::string format;
    for (const char c : text) {
        if (c == '\0')
            format += "\\000";
        else if (c == '\\' || c == '%')
            format += std::string(2, c);
        else
            format += c;
    }
    return "printf -- " + quoted(format);
}

std::string in_seconds(duration length) {
    char text[32];
    const auto end = std::to_chars(text, text + sizeof text, std::chrono::duration<double>(length).count());
    return std::string(text, end.ptr);
}

class command {
  public:
    command(const request_parts& request, const client_options& options, bool with_secrets)
        : request_(request)
        , options_(options)
        , with_secrets_(with_secrets) {}

    std::string text() {
        add_method();
        add_settings();
        add_proxy();
        add_fields();
        add_body();
        const auto address = address_of(request_.target);
        if (address.find_first_of("[]{}") != std::string::npos) add("--globoff");
        add("", address);
        return before_ + "curl" + line_;
    }

  private:
    void add(std::string_view option) {
        line_ += ' ';
        line_ += option;
    }
    void add(std::string_view option, std::string_view value) {
        if (!option.empty()) add(option);
        line_ += ' ' + quoted(value);
    }

    bool is_secret(std::string_view name) const { return is_secret_field(name, request_.secret_names); }

    std::string address_of(const url& target) const {
        if (target.user_info().empty()) return target.to_string();
        const std::string user(with_secrets_ ? target.user_info() : secret_mask);
        return std::string(target.scheme()) + "://" + user + "@" + std::string(target.authority()) +
               std::string(target.target());
    }

    void add_method() {
        if (request_.method == "HEAD") {
            add("--head");
        } else if (request_.settings.keeps_method ||
                   request_.method != (request_.body.is_empty() ? "GET" : "POST")) {
            add("--request", request_.method);
        }
    }

    void add_settings() {
        const auto& settings = request_.settings;
        const request_settings usual;
        if (settings.max_redirects > 0) add("--location");
        if (settings.max_redirects > 0 && settings.max_redirects != usual.max_redirects)
            add("--max-redirs", std::to_string(settings.max_redirects));
        if (settings.trusts_redirects) add("--location-trusted");
        if (settings.limits.connect != usual.limits.connect)
            add("--connect-timeout", in_seconds(settings.limits.connect));
        if (settings.limits.total) add("--max-time", in_seconds(*settings.limits.total));
        if (!settings.verifies) add("--insecure");
        if (settings.tls && !settings.tls->ca_file().empty()) add("--cacert", settings.tls->ca_file());
        if (settings.tls && settings.tls->identity().are_files) {
            add("--cert", settings.tls->identity().chain);
            add("--key", settings.tls->identity().key);
        }
        if (!settings.unix_socket.empty()) add("--unix-socket", settings.unix_socket);
        if (settings.local_address) add("--interface", settings.local_address->address());
        if (settings.resolved)
            for (const auto& each : *settings.resolved)
                add_address(each);
        if (settings.detours)
            for (const auto& each : *settings.detours)
                add("--connect-to", place(each.host, each.port) + ":" + place(each.to_host, each.to_port));
    }

    void add_address(const host_address& each) {
        const auto port = each.port ? each.port : request_.target.port();
        if (each.port != 0 && each.address.port() == 0)
            return add("--resolve", with_port(each.host, port) + ":" + each.address.address());
        const auto to = each.address.port() == 0 ? each.address.with_port(port) : each.address;
        add("--connect-to", with_port(each.host, port) + ":" + to.to_string());
    }

    /// As --connect-to has it: what is not said is empty.
    static std::string place(const std::string& host, std::uint16_t port) {
        auto text = with_port(host, port);
        if (port == 0) text.pop_back();
        return text;
    }

    void add_proxy() {
        if (!request_.settings.proxying) return;
        const auto& all = *request_.settings.proxying;
        if (all.given) {
            auto name = all.given->name();
            const auto credentials = with_secrets_ ? all.given->user_info() : std::string(secret_mask);
            if (all.given->has_user() && !all.login) name.insert(name.find("//") + 2, credentials + "@");
            add("--proxy", name);
        }
        if (!all.given && (all.is_given || !all.uses_environment))
            add("--noproxy", "*");
        else if (!all.exceptions_text.empty())
            add("--noproxy", all.exceptions_text);
        if (all.before) {
            auto name = all.before->name();
            const auto credentials = with_secrets_ ? all.before->user_info() : std::string(secret_mask);
            if (all.before->has_user()) name.insert(name.find("//") + 2, credentials + "@");
            add("--preproxy", name);
        }
        if (all.tunnels_all) add("--proxytunnel");
        if (all.login) add_proxy_login(*all.login);
        for (const auto& [name, value] : all.fields)
            add("--proxy-header", name + ": " + shown(name, value));
    }

    void add_proxy_login(const login& who) {
        add("--proxy-user", with_secrets_ ? who.user() + ":" + who.password() : std::string(secret_mask));
        if (who.method() == login_method::digest) add("--proxy-digest");
        if (who.method() == login_method::any) add("--proxy-anyauth");
    }

    std::string shown(std::string_view name, const std::string& value) const {
        return with_secrets_ || !is_secret(name) ? value : std::string(secret_mask);
    }

    void add_fields() {
        const auto& fields = request_.fields;
        if (!fields.contains("User-Agent") && !request_.leaves_out("User-Agent"))
            add("--user-agent", options_.user_agent());
        if (!fields.contains("Accept-Encoding") && request_.wants_decoding()) add("--compressed");
        if (request_.is_raw) add("--raw");
        for (const auto& name : request_.left_out)
            add("--header", name + ":");
        for (const auto& [name, value] : fields)
            add("--header", value.empty() ? name + ";" : name + ": " + shown(name, value));
        if (request_.body.is_empty() || fields.contains("Content-Type")) return;
        const auto& type = request_.body.type();
        add("--header", "Content-Type:" + (type.empty() ? std::string() : " " + type));
    }

    void add_body() {
        const auto& parts = request_.body.parts();
        if (parts.empty()) return;
        const auto has_zero = [](const outgoing_body::part& each) {
            return each.text && each.text->find('\0') != std::string::npos;
        };
        const bool is_stream = std::any_of(parts.begin(), parts.end(),
                                           [](const outgoing_body::part& each) { return !!each.chunks; });
        if (parts.size() == 1 && parts[0].text && !has_zero(parts[0]))
            return add("--data-raw", *parts[0].text);
        if (parts.size() == 1 && !parts[0].text && !is_stream)
            return add("--data-binary", "@" + parts[0].path);
        add("--data-binary", "@-");
        if (is_stream) return; // the shell's standard input
        std::string all;
        for (const auto& each : parts)
            all += (each.text ? printing(*each.text) : "cat -- " + quoted(each.path)) + "; ";
        before_ = "{ " + all + "} | ";
    }

    const request_parts& request_;
    const client_options& options_;
    const bool with_secrets_;
    /// What prints the body, where curl reads it.
    std::string before_;
    std::string line_;
};

} // namespace

std::string curl_command(const request_parts& request, const client_options& options, bool with_secrets) {
    return command(request, options, with_secrets).text();
}

} // namespace tandem::http::detail
