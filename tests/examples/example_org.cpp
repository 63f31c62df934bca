// Puts example.org on this machine. Linked into a program, these two functions stand in front of the C
// library's: the name leads to loopback, and port 443 there to TANDEM_TEST_PORT.
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <netdb.h>
#include <netinet/in.h>
#include <string_view>
#include <sys/socket.h>

namespace {

template <class Function> Function* real(const char* name) {
    return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

} // namespace

extern "C" int getaddrinfo(const char* host, const char* service, const addrinfo* hints, addrinfo** result) {
    static auto* next = real<decltype(getaddrinfo)>("getaddrinfo");
    bool here = host && std::string_view(host) == "example.org";
    return next(here ? "127.0.0.1" : host, service, hints, result);
}

extern "C" int connect(int fd, const sockaddr* address, socklen_t size) {
    static auto* next = real<decltype(connect)>("connect");
    sockaddr_in to;
    if (address->sa_family == AF_INET && size == sizeof to) {
        std::memcpy(&to, address, sizeof to);
        const char* port = std::getenv("TANDEM_TEST_PORT");
        if (port && to.sin_port == htons(443)) to.sin_port = htons(static_cast<in_port_t>(std::atoi(port)));
        return next(fd, reinterpret_cast<const sockaddr*>(&to), size);
    }
    return next(fd, address, size);
}
