// The other side of a floor: what two bare processes need to do the same.
#pragma once
#include <cstddef>
#include <functional>

namespace bench {

/// A fork of this process that plays the other side, on a processor of its own.
class partner {
  public:
    /// `what` gets its end of a stream socket; it has to return when that ends. Throws std::system_error.
    partner(int processor, const std::function<void(int socket)>& what);
    /// Closes our end, and waits for the other process.
    ~partner();
    partner(const partner&) = delete;
    partner& operator=(const partner&) = delete;

    int socket() const noexcept { return socket_; }

  private:
    int socket_;
    int pid_;
};

/// Reads exactly so many bytes; false at the end of the stream.
bool read_all(int socket, void* to, std::size_t count);
/// Throws std::system_error where the other side has gone.
void write_all(int socket, const void* from, std::size_t count);

/// Memory that a partner made later shares, zeroed and resident. Throws std::system_error.
class shared_memory {
  public:
    explicit shared_memory(std::size_t size);
    ~shared_memory();
    shared_memory(const shared_memory&) = delete;
    shared_memory& operator=(const shared_memory&) = delete;

    void* data() const noexcept { return data_; }

  private:
    void* data_;
    std::size_t size_;
};

} // namespace bench
