// From options to requests.
#pragma once
#include <optional>
#include <string>

#include "download/list_item.hpp"
#include "download/options.hpp"
#include <tandem/http/checksum_list.hpp>
#include <tandem/http/client.hpp>
#include <tandem/http/cookie_jar.hpp>
#include <tandem/http/download_options.hpp>
#include <tandem/http/netrc.hpp>

/// Makes of options what the library takes: the client of a run, and the request and the download of each
/// file.
///
///     request_maker make(chosen);
///     http::client web(make.client());
///     const auto target = make.target(item);
///     auto done = co_await http::download(make.request(web, item, target), make.download(item, target));
class request_maker {
  public:
    /// Reads the files that the options name: cookies, logins, checksums, ETags. Throws std::exception, whose
    /// text names the option or the file. `chosen` has to outlive it.
    explicit request_maker(const get_options& chosen);

    tandem::http::client_options client() const;

    /// The URL that is asked for, with all that the options add to it. Throws http::bad_url.
    tandem::http::url target(const list_item& item) const;

    /// Throws http::bad_request.
    tandem::http::request_builder request(const tandem::http::client& web, const list_item& item,
                                          const tandem::http::url& target) const;

    /// Throws http::bad_url for a mirror, and http::error for a file that the list of checksums does not
    /// have.
    tandem::http::download_options download(const list_item& item, const tandem::http::url& target) const;

    /// Nothing where nothing is tried again.
    std::optional<tandem::http::retry_policy> retries() const;

    /// Writes the cookies where the options say. Throws std::system_error, which names the file.
    void save_cookies() const;

  private:
    bool has_jar() const noexcept;
    void read_cookies();
    void read_netrc();
    std::string method() const;
    tandem::http::download_options usual_download() const;
    tandem::tls_client_options tls() const;
    void add_network(tandem::http::client_options& to) const;
    void add_proxy(tandem::http::client_options& to) const;
    void add_limits(tandem::http::client_options& to) const;
    void add_headers(tandem::http::request_builder& to, const list_item& item) const;
    void add_conditions(tandem::http::request_builder& to) const;
    void add_login(tandem::http::request_builder& to, const tandem::http::url& target) const;
    void add_body(tandem::http::request_builder& to) const;

    const get_options& chosen_;
    tandem::http::cookie_jar jar_;
    /// The Cookie header; empty for none.
    std::string cookie_line_;
    std::optional<tandem::http::netrc> logins_;
    std::optional<tandem::http::checksum_list> checksums_;
    /// The value of If-None-Match; empty for none.
    std::string known_etag_;
    /// What all downloads have in common.
    const tandem::http::download_options usual_;
};
