// Standard input as a body.
#pragma once
#include <string>

#include <tandem/coro/stream.hpp>

/// What request_builder::body_stream takes: pieces of standard input as they come, until its end. It can be
/// read only once.
tandem::stream<std::string> standard_input();
