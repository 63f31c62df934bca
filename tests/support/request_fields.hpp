// The fields of requests, as a test's server gets them.
#pragma once
#include <string>
#include <string_view>

namespace test {

/// The value of a field in a request's header, whatever the case of its name; empty where there is none.
std::string field_of(const std::string& request, std::string_view name);

} // namespace test
