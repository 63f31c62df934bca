// The loop downloads, the processes compute, one failure stops nobody else's work.
#include "thumbnail/thumbnail.hpp"

#include <iostream>
#include <tandem/coro/for_each.hpp>
#include <tandem/http.hpp>
#include <tandem/pool/process_pool.hpp>

namespace http = tandem::http;

thumbnail make_thumbnail(std::string file, int edge); // an ordinary function, CPU-bound

tandem::task<> fetch(http::client& web, tandem::process_pool& cpu, http::url link) {
    auto saved = co_await web.get(link).save_to("images");      // streamed to disk, atomically renamed
    co_await cpu.run(make_thumbnail, saved.path.string(), 128); // runs in a worker process
}

// run() makes each argument from argv; a bad one is a usage error
tandem::task<int> async_main(std::vector<http::url> links) {
    http::client web;
    tandem::process_pool cpu;
    auto failures = co_await tandem::for_each(links, tandem::at_most(64), tandem::keep_going,
                                              [&](http::url& link) { return fetch(web, cpu, link); });
    for (auto& failure : failures)
        std::cerr << failure.what() << '\n';
    co_return failures.empty() ? 0 : 1;
}
int main(int argc, char** argv) {
    return tandem::run(argc, argv, async_main);
}
