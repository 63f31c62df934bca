// tandem-get, run as its users run it.
#pragma once
#include "support/child_process.hpp"
#include "support/scripted_server.hpp"
#include "support/temp_folder.hpp"

#include <catch2/catch.hpp>
#include <string>
#include <utility>
#include <vector>

namespace test {

using texts = std::vector<std::string>;

/// Runs tandem-get in `folder`, to its end. `environment` is "NAME=value" each.
inline outcome get(const temp_folder& folder, texts arguments, texts environment = {}) {
    arguments.insert(arguments.begin(), program("tandem-get"));
    return run(std::move(arguments),
               {.environment = std::move(environment), .folder = folder.path().string()});
}

/// The body of the reply to what `arguments` ask for, which has to come.
inline std::string body_of(const temp_folder& folder, texts arguments, texts environment = {}) {
    arguments.insert(arguments.begin(), {"-o", "-"});
    const auto result = get(folder, std::move(arguments), std::move(environment));
    INFO(result.errors);
    CHECK(result.status == 0);
    return result.output;
}

/// Answers each request with the request itself, header and body.
inline scripted_server::script showing_requests() {
    return [](conversation& talk) {
        while (const auto request = talk.request()) {
            const auto body = talk.body(*request);
            talk.send(reply(*request + body));
        }
    };
}

} // namespace test
