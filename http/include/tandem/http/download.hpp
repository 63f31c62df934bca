// A file from the network, whole or not at all.
#pragma once
#include <tandem/base/config.hpp>
#include <tandem/coro/task.hpp>
#include <tandem/http/download_options.hpp>
#include <tandem/http/downloaded.hpp>
#include <tandem/http/request_builder.hpp>

namespace tandem::http {

/// Brings what `request` gets into a file:
///
///     auto done = co_await http::download(web.get(link), http::download_options().folder("images"));
///
/// The body is streamed to `NAME.part`; past 1 MiB, or where it is interrupted, `NAME.part.tandem` beside it
/// says what of which entity is there. In the end the part gets its name in one step, which never replaces a
/// file unless the options say so. Whatever happens before (an error, cancellation, SIGKILL, a full disk),
/// the name has what it had, and the next call for the same URL goes on with what is there, if the server
/// shows that it still has the same (RFC 9110 section 13.1.5, If-Range). Two processes do not write one part:
/// the second gets a file_error.
///
/// Throws what the request throws, and file_error, file_exists, checksum_error. Cancelling keeps the part.
/// Belongs to the client's loop.
TANDEM_API task<downloaded> download(request_builder request, download_options options = download_options());

} // namespace tandem::http
