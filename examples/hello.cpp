// One request.
#include <iostream>
#include <tandem/http.hpp>

tandem::task<int> async_main() {
    tandem::http::client web;
    std::cout << co_await web.get("https://example.org/").text();
    co_return 0;
}
int main(int argc, char** argv) {
    return tandem::run(argc, argv, async_main);
}
