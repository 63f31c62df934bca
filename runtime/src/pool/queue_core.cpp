#include "pool/queue_core.hpp"

#include <algorithm>
#include <cstring>
#include <new>
#include <stdexcept>
#include <string>

#include "pool/blocking_wait.hpp"
#include <tandem/pool/codec_error.hpp>

namespace tandem::detail {

namespace {

using length_type = std::uint64_t;

/// How long those who only look wait for others that are at it.
constexpr auto a_moment = std::chrono::milliseconds(2);
/// How often a thread that waits for the lock looks whether it is asked to stop.
constexpr auto look_again = std::chrono::milliseconds(10);

} // namespace

region_pointer queue_core::make(std::size_t capacity, std::size_t bytes) {
    if (capacity == 0) throw std::length_error("process_queue: its capacity is 0");
    if (bytes > std::size_t{1} << 48)
        throw std::length_error("process_queue: " + std::to_string(bytes) + " bytes");
    bytes = std::max(bytes, 2 * sizeof(length_type));
    region_pointer region = queue_object.make(sizeof(queue_memory) + bytes);
    const shared_head head = at_place<shared_head>(region, 0);
    auto* const memory = new (region->data()) queue_memory;
    memory->head = head;
    memory->capacity = capacity;
    memory->bytes = bytes;
    return region;
}

queue_core::queue_core(region_pointer region)
    : region_(std::move(region))
    , ring_(region_->data() + sizeof(queue_memory))
    , capacity_(memory().capacity)
    , bytes_(memory().bytes) {
    if (bytes_ > region_->size() - sizeof(queue_memory))
        throw codec_error("process_queue: it is larger than its memory");
}

std::size_t queue_core::longest() const noexcept {
    return static_cast<std::size_t>(bytes_) - sizeof(length_type);
}

void queue_core::copy_in(std::uint64_t at, const void* from, std::size_t size) noexcept {
    const auto place = static_cast<std::size_t>(at % bytes_);
    const std::size_t first = std::min(size, static_cast<std::size_t>(bytes_) - place);
    if (first != 0) std::memcpy(ring_ + place, from, first);
    if (first != size) std::memcpy(ring_, static_cast<const std::byte*>(from) + first, size - first);
}

void queue_core::copy_out(std::uint64_t at, void* to, std::size_t size) const noexcept {
    const auto place = static_cast<std::size_t>(at % bytes_);
    const std::size_t first = std::min(size, static_cast<std::size_t>(bytes_) - place);
    if (first != 0) std::memcpy(to, ring_ + place, first);
    if (first != size) std::memcpy(static_cast<std::byte*>(to) + first, ring_, size - first);
}

void queue_core::enter(const robust_guard& held) noexcept {
    if (!held.is_inherited()) return;
    queue_memory& shared = memory();
    std::uint64_t count = 0;
    const std::uint64_t end = shared.end.load();
    for (std::uint64_t at = shared.begin.load(); at < end; ++count) {
        length_type length = 0;
        copy_out(at, &length, sizeof length);
        at += sizeof length + length;
    }
    shared.count.store(count);
}

/// With the lock held. Whoever dies in the middle has sent nothing: the value is there once `end` is behind
/// it. Receivers are woken before that; see shared_event.
queue_outcome queue_core::put(const byte_buffer& item) noexcept {
    queue_memory& shared = memory();
    if (shared.closed.load() != 0) return queue_outcome::closed;
    const std::uint64_t end = shared.end.load();
    const length_type length = item.size();
    if (shared.count.load() >= capacity_ || sizeof length + length > bytes_ - (end - shared.begin.load()))
        return queue_outcome::wait;
    copy_in(end, &length, sizeof length);
    copy_in(end + sizeof length, item.data(), item.size());
    shared.filled.notify();
    shared.end.store(end + sizeof length + length);
    shared.count.fetch_add(1);
    return queue_outcome::done;
}

/// With the lock held. Whoever dies before `begin` goes on has taken nothing.
queue_outcome queue_core::take(byte_buffer& item) {
    queue_memory& shared = memory();
    const std::uint64_t begin = shared.begin.load();
    const std::uint64_t there = shared.end.load() - begin;
    if (there == 0) return shared.closed.load() != 0 ? queue_outcome::closed : queue_outcome::wait;
    length_type length = 0;
    if (there > bytes_ || there < sizeof length) throw codec_error("process_queue: its memory is damaged");
    copy_out(begin, &length, sizeof length);
    if (length > there - sizeof length) throw codec_error("process_queue: its memory is damaged");
    item.resize_for_overwrite(static_cast<std::size_t>(length));
    copy_out(begin + sizeof length, item.data(), item.size());
    shared.freed.notify();
    shared.begin.store(begin + sizeof length + length);
    shared.count.fetch_sub(1);
    return queue_outcome::done;
}

queue_outcome queue_core::try_send(const byte_buffer& item) {
    const robust_guard held(memory().lock, memory().lock.lock_until(clock::now() + a_moment));
    if (!held.is_held()) return queue_outcome::wait;
    enter(held);
    return put(item);
}

queue_outcome queue_core::try_receive(byte_buffer& item) {
    const robust_guard held(memory().lock, memory().lock.lock_until(clock::now() + a_moment));
    if (!held.is_held()) return queue_outcome::wait;
    enter(held);
    return take(item);
}

template <class Attempt>
queue_outcome queue_core::wait_for(bool sends, const char* call, time_point limit,
                                   const std::stop_token& stop, Attempt act) {
    refuse_in_loop("process_queue", call, sends ? "co_await send() instead" : "co_await receive() instead");
    shared_event& change = event(sends);
    const auto stir = [&] { change.stir(); };
    const std::stop_callback when_stopped(stop, stir);
    while (true) {
        time_point next = limit;
        if (stop.stop_possible()) next = std::min<time_point>(next, clock::now() + look_again);
        bool is_held = false;
        std::uint32_t seen = 0;
        {
            const robust_guard held(memory().lock, memory().lock.lock_until(next));
            is_held = held.is_held();
            if (is_held) {
                enter(held);
                seen = change.now();
                if (const queue_outcome outcome = act(); outcome != queue_outcome::wait) return outcome;
                change.expect_sleeper();
            }
        }
        throw_if_over("process_queue", call, limit, stop);
        if (is_held) change.sleep(seen, limit);
    }
}

queue_outcome queue_core::send(const byte_buffer& item, time_point limit, const std::stop_token& stop) {
    return wait_for(true, "blocking_send", limit, stop, [&] { return put(item); });
}

queue_outcome queue_core::receive(byte_buffer& item, time_point limit, const std::stop_token& stop) {
    return wait_for(false, "blocking_receive", limit, stop, [&] { return take(item); });
}

void queue_core::close() noexcept {
    queue_memory& shared = memory();
    const robust_guard held(shared.lock);
    enter(held);
    shared.filled.notify();
    shared.freed.notify();
    shared.closed.store(1);
}

process_queue_statistics queue_core::statistics() const noexcept {
    const queue_memory& shared = memory();
    const std::uint64_t begin = shared.begin.load();
    return {static_cast<std::size_t>(capacity_), static_cast<std::size_t>(shared.count.load()),
            static_cast<std::size_t>(bytes_), static_cast<std::size_t>(shared.end.load() - begin),
            shared.closed.load() != 0};
}

} // namespace tandem::detail
