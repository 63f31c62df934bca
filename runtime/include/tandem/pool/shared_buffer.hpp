// Bytes that go to a worker process and back without being copied.
#pragma once
#include <cstddef>
#include <span>

#include <tandem/pool/codec.hpp>
#include <tandem/pool/shared_region.hpp>

namespace tandem {

/// A run of bytes of a fixed size in memory that the workers of this process' pools see too. As an argument
/// or a result of a pool's function, and as a part of one, it travels by reference, whatever its size:
///
///     std::size_t count_lines(const tandem::shared_buffer& text);
///
///     tandem::shared_buffer body(size);
///     for (std::size_t got = 0; got < size;)              // straight into it
///         got += co_await stream.read_some(body.chars().subspan(got));
///     const auto lines = co_await cpu.run(count_lines, body);
///
/// Copying it copies a reference: all copies are the same bytes, and the last one frees them. Nothing is
/// locked or copied behind your back, so two sides that use the bytes at a time must not write:
///
/// - whoever makes a buffer may write to it until it hands it to a call;
/// - while a job has it as an argument, the job's function may write, and then nobody else may look. What it
///   wrote is there when the job has ended, also where it failed or its worker died: then anything may be
///   half written;
/// - a buffer that a function returns belongs to whoever awaited the call. A copy that the function keeps (in
///   a static, say) stays valid in its worker, and what holds for any two users holds for it.
///
/// A worker that dies gives back what it held. Cancelling a call frees its reference when the job is off its
/// worker. In a thread_pool and outside of any pool it is a counted reference to memory. A worker made with a
/// limit on its address space, and a pool of a worker's own, are given a copy.
///
/// New bytes are zero or what an earlier buffer of this process left there. The memory is taken from one
/// arena of this process, of half the machine's memory; where that is full or cannot be had, it is private
/// memory, and calls copy it. Distinct objects may be used by distinct threads.
class TANDEM_API shared_buffer {
  public:
    /// Of no bytes.
    shared_buffer() noexcept = default;
    /// Throws std::bad_alloc.
    explicit shared_buffer(std::size_t size);

    std::byte* data() const noexcept { return region_ ? region_->data() : nullptr; }
    std::size_t size() const noexcept { return size_; }
    bool empty() const noexcept { return size_ == 0; }
    std::span<std::byte> bytes() const noexcept { return {data(), size_}; }
    /// The same, as streams read and write them.
    std::span<char> chars() const noexcept { return {reinterpret_cast<char*>(data()), size_}; }

    /// False where it is private memory, and calls copy it.
    bool is_shared() const noexcept;
    /// How many copies of this object refer to the bytes, in this process.
    long use_count() const noexcept { return region_.use_count(); }

  private:
    friend codec<shared_buffer>;

    detail::region_pointer region_;
    std::size_t size_ = 0;
};

template <> struct TANDEM_API codec<shared_buffer> {
    static void encode(encoder& out, const shared_buffer& value);
    static shared_buffer decode(decoder& in);
};

} // namespace tandem
