// libFuzzer's view of the parser of event streams: the first byte says how the others are cut, and in
// whatever pieces they come, they have to be the same events, with texts that are UTF-8.
//
//     scripts/fuzz.sh 300 fuzz-events
#include "support/events.hpp"
#include "support/seeds.hpp"

#include <cstdint>
#include <cstdlib>

#include <utf8.hpp>

extern "C" int LLVMFuzzerInitialize(int*, char***) {
    for (const auto& sample : test::event_samples())
        test::write_seed('\x02' + sample);
    return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    if (size == 0) return 0;
    const std::size_t piece = bytes[0] % 32 + 1u;
    const std::size_t most = bytes[0] < 0x80 ? 10'000 : 50;
    const std::string_view text(reinterpret_cast<const char*>(bytes + 1), size - 1);
    const auto whole = test::events_in(text, size, most);
    if (test::events_in(text, piece, most) != whole) std::abort();
    if (whole.last_id.find_first_of(std::string_view("\0\r\n", 3)) != std::string::npos) std::abort();
    for (const auto& event : whole.events)
        if (!tandem::http::detail::is_utf8(event) || event.find('\r') != std::string::npos) std::abort();
    return 0;
}
