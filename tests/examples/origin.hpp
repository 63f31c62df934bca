#pragma once
#include "support/child_process.hpp"
#include "support/temp_folder.hpp"

#include <sstream>

namespace test {

/// A running tandem-origin, over HTTP for 127.0.0.1 and over HTTPS for the name localhost.
class origin {
  public:
    explicit origin(const std::vector<std::string>& arguments = {})
        : child_(command(arguments), {.input = true}) {
        child_.wait_for_output("ready\n");
        std::istringstream lines(child_.output());
        std::getline(lines, http);
        std::getline(lines, https);
    }

    /// "http://127.0.0.1:PORT" and "https://localhost:PORT".
    std::string http;
    std::string https;
    /// The certificate of the authority that HTTPS clients have to trust.
    std::string authority_file() const { return folder_ / "authority.pem"; }
    /// The port that HTTPS is served on.
    std::string https_port() const { return https.substr(https.rfind(':') + 1); }
    /// The URL of a photo whose server has another name than its certificate says.
    std::string wrong_name(const std::string& path) const {
        return "https://127.0.0.1:" + https_port() + path;
    }

    child_process& process() { return child_; }

  private:
    std::vector<std::string> command(const std::vector<std::string>& arguments) {
        std::vector<std::string> words = {
            program("tandem-origin"), "--until-input-ends", "--files", "6", "--tls", authority_file()};
        words.insert(words.end(), arguments.begin(), arguments.end());
        return words;
    }

    temp_folder folder_;
    child_process child_;
};

} // namespace test
