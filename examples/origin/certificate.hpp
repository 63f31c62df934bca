#pragma once
#include <string>
#include <vector>

/// A server's certificate with its key, and the authority that signed it; all in PEM.
struct identity {
    std::string authority;
    std::string certificate;
    std::string key;
};

/// Makes an authority nobody else knows, and has it sign a certificate for the DNS names `names`, valid from
/// yesterday for a year. Throws std::runtime_error where OpenSSL fails.
identity make_identity(const std::vector<std::string>& names);
