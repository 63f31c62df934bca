#include "body_hash.hpp"

#include <system_error>

#include <tandem/coro/stream.hpp>
#include <tandem/http/error.hpp>
#include <tandem/io/file.hpp>

namespace tandem::http::detail {

namespace {

constexpr std::size_t piece_size = 64 * 1024;

task<> add_file(digest_hash& to, const std::string& path, const error_site& site) {
    std::string buffer(piece_size, '\0');
    try {
        auto from = co_await file::open(path);
        for (;;) {
            const auto count = co_await from.read_some({buffer.data(), buffer.size()});
            if (count == 0) break;
            to.add({buffer.data(), count});
        }
    } catch (const std::system_error& failure) {
        throw file_error(site.url(), path, failure.code().value());
    }
}

task<> add_chunks(digest_hash& to, const std::function<stream<std::string>()>& chunks) {
    auto from = chunks();
    while (auto chunk = co_await from.next())
        to.add(*chunk);
}

} // namespace

task<std::string> hash_of_body(const outgoing_body* body, digest_algorithm algorithm,
                               const error_site& site) {
    digest_hash hash(algorithm);
    if (body && !body->can_be_sent_again())
        site.fail<bad_request>("the server asks for a hash of the body (Digest with qop=auth-int), which is "
                               "a stream that can be read only once");
    if (body) {
        for (const auto& part : body->parts()) {
            if (part.text)
                hash.add(*part.text);
            else if (part.chunks)
                co_await add_chunks(hash, part.chunks);
            else
                co_await add_file(hash, part.path, site);
        }
    }
    co_return hash.hex();
}

} // namespace tandem::http::detail
