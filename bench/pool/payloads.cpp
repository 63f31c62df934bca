// Large values on their way to a worker and back.
#include <cstring>
#include <string>

#include <tandem/pool/shared_buffer.hpp>
#include <tandem/threads/block_on.hpp>

#include "pool/measuring.hpp"
#include "pool/no_op.hpp"
#include "pool/partner.hpp"
#include "pool/processors.hpp"
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

/// What carrying a text to another process and back cannot do without: a copy into warm shared memory, a word
/// to the other side, and the string of it there.
class bare_payloads {
  public:
    bare_payloads(placement where, const std::string& text)
        : text_(text)
        , memory_(text.size())
        , here_(where.ours)
        , other_(where.theirs, [this](int socket) { serve(socket); }) {}

    double argument_milliseconds() {
        const stopwatch watch;
        std::memcpy(memory_.data(), text_.data(), text_.size());
        ask('a');
        return watch.milliseconds();
    }
    double result_milliseconds() {
        const stopwatch watch;
        ask('r');
        const std::string arrived = take();
        const double needed = watch.milliseconds();
        if (arrived.back() != text_.back()) throw std::logic_error("the copy is another text");
        return needed;
    }

  private:
    std::string take() const { return {static_cast<const char*>(memory_.data()), text_.size()}; }
    void ask(char what) {
        write_all(other_.socket(), &what, 1);
        if (!read_all(other_.socket(), &what, 1)) throw std::logic_error("the other side has gone");
    }
    /// The other side's.
    void serve(int socket) {
        for (char what; read_all(socket, &what, 1); write_all(socket, &what, 1)) {
            if (what == 'a')
                what = take().back();
            else
                std::memcpy(memory_.data(), text_.data(), text_.size());
        }
    }

    const std::string& text_;
    shared_memory memory_;
    pinned here_;
    partner other_;
};

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
    bare_payloads bare(where, text);
    bare.argument_milliseconds();
    bare.result_milliseconds();
    co_await pool->run(size_of, text);
    co_await pool->run(text_of, what.size);
    std::vector<double> bare_argument;
    std::vector<double> bare_result;
    std::vector<double> argument;
    std::vector<double> result;
    for (int i = 0; i < chosen.times(what.count); ++i) {
        bare_argument.push_back(bare.argument_milliseconds());
        bare_result.push_back(bare.result_milliseconds());
        const stopwatch there;
        const std::size_t arrived = co_await pool->run(size_of, text);
        argument.push_back(there.milliseconds());
        const stopwatch back;
        const std::string returned = co_await pool->run(text_of, what.size);
        result.push_back(back.milliseconds());
        if (arrived != what.size || returned.size() != what.size)
            throw std::logic_error("a text arrived with another size");
    }
    into.add(what.argument, "floor", median(bare_argument));
    into.add(what.argument, own_name, median(argument));
    into.add(what.result, "floor", median(bare_result));
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
    bare_payloads bare(where, text);
    co_await pool->run(size_of_shared, buffer);
    std::vector<double> nothing;
    std::vector<double> shared;
    std::vector<double> copied;
    for (int i = 0; i < chosen.times(2000); ++i) {
        const stopwatch with_nothing;
        co_await pool->run(no_op, i);
        nothing.push_back(with_nothing.microseconds());
        const stopwatch with_buffer;
        const std::size_t arrived = co_await pool->run(size_of_shared, buffer);
        shared.push_back(with_buffer.microseconds());
        if (arrived != buffer.size()) throw std::logic_error("a buffer arrived with another size");
    }
    into.add(name, "no_op", median(nothing));
    for (int i = 0; i < chosen.times(5); ++i)
        copied.push_back(bare.argument_milliseconds() * 1e3);
    into.add(name, "floor", median(copied));
    into.add(name, own_name, median(shared));
}

} // namespace

void measure_payloads(report& into, const options& chosen) {
    tandem::block_on(measure(into, chosen, {"argument_1MiB", "result_1MiB", mebibyte, 300}));
    tandem::block_on(measure(into, chosen, {"argument_64MiB", "result_64MiB", 64 * mebibyte, 11}));
    tandem::block_on(share(into, chosen));
}

} // namespace bench
