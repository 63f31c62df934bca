// Large values on their way to a worker and back.
#include <cstring>
#include <string>

#include <tandem/pool/shared_buffer.hpp>
#include <tandem/threads/block_on.hpp>

#include "pool/measuring.hpp"
#include "pool/no_op.hpp"
#include "pool/partner.hpp"
#include "pool/suites.hpp"

namespace bench {
namespace {

constexpr std::size_t mebibyte = 1 << 20;

std::size_t size_of(const std::string& text) {
    return text.size();
}

/// Made once in a worker: what it costs to make is not in the result's way.
const std::string& text_of(std::size_t size) {
    static std::string text;
    if (text.size() != size) text.assign(size, 'x');
    return text;
}

/// What carrying the text over cannot do without: a copy into warm shared memory, and the string of it there.
double copy_milliseconds(const std::string& text, const shared_memory& memory) {
    const stopwatch watch;
    std::memcpy(memory.data(), text.data(), text.size());
    const std::string arrived(static_cast<const char*>(memory.data()), text.size());
    const double needed = watch.milliseconds();
    if (arrived.back() != text.back()) throw std::logic_error("the copy is another text");
    return needed;
}

struct payload {
    const char* argument;
    const char* result;
    std::size_t size;
    int count;
};

tandem::task<> measure(report& into, const options& chosen, payload what) {
    if (!chosen.wants(what.argument) && !chosen.wants(what.result)) co_return;
    const placement where = processors().size() > 1 ? two_processors() : same_processor();
    placed_pool pool(where);
    co_await pool.start();
    const std::string text(what.size, 'x');
    const shared_memory memory(what.size);
    co_await pool->run(size_of, text);
    co_await pool->run(text_of, what.size);
    std::vector<double> copy;
    std::vector<double> argument;
    std::vector<double> result;
    for (int i = 0; i < chosen.times(what.count); ++i) {
        copy.push_back(copy_milliseconds(text, memory));
        const stopwatch there;
        const std::size_t arrived = co_await pool->run(size_of, text);
        argument.push_back(there.milliseconds());
        const stopwatch back;
        const std::string returned = co_await pool->run(text_of, what.size);
        result.push_back(back.milliseconds());
        if (arrived != what.size || returned.size() != what.size)
            throw std::logic_error("a text arrived with another size");
    }
    into.add(what.argument, "floor", median(copy));
    into.add(what.argument, own_name, median(argument));
    into.add(what.result, "floor", median(copy));
    into.add(what.result, own_name, median(result));
}

std::size_t size_of_shared(const tandem::shared_buffer& buffer) {
    return buffer.size();
}

tandem::task<> share(report& into, const options& chosen) {
    const std::string name = "shared_buffer_64MiB";
    if (!chosen.wants(name)) co_return;
    const placement where = processors().size() > 1 ? two_processors() : same_processor();
    placed_pool pool(where);
    co_await pool.start();
    const tandem::shared_buffer buffer(64 * mebibyte);
    std::memset(buffer.data(), 'x', buffer.size());
    const std::string text(buffer.size(), 'x');
    const shared_memory memory(text.size());
    co_await pool->run(size_of_shared, buffer);
    std::vector<double> nothing;
    std::vector<double> shared;
    std::vector<double> copy;
    for (int i = 0; i < chosen.times(2000); ++i) {
        const stopwatch with_nothing;
        co_await pool->run(no_op, i);
        nothing.push_back(with_nothing.microseconds());
        const stopwatch with_buffer;
        const std::size_t arrived = co_await pool->run(size_of_shared, buffer);
        shared.push_back(with_buffer.microseconds());
        if (arrived != buffer.size()) throw std::logic_error("a buffer arrived with another size");
        if (i < 5) copy.push_back(copy_milliseconds(text, memory) * 1e3);
    }
    into.add(name, "no_op", median(nothing));
    into.add(name, "floor", median(copy));
    into.add(name, own_name, median(shared));
}

} // namespace

void measure_payloads(report& into, const options& chosen) {
    tandem::block_on(measure(into, chosen, {"argument_1MiB", "result_1MiB", mebibyte, 300}));
    tandem::block_on(measure(into, chosen, {"argument_64MiB", "result_64MiB", 64 * mebibyte, 11}));
    tandem::block_on(share(into, chosen));
}

} // namespace bench
