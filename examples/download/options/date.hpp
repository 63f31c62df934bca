// Dates on a command line.
#pragma once
#include <string>

/// `text` as an HTTP-date (RFC 9110 section 5.6.7): a date as HTTP, RFC 5322 or ISO 8601 write it, in UTC
/// where they name no other zone, or the time at which the file of that name was written last. Throws
/// std::invalid_argument.
std::string http_date_of(const std::string& text);
