// A TLS stream at work: moves bytes between the engine and the stream below.
#pragma once
#include <cstdint>
#include <exception>
#include <memory>
#include <string>
#include <string_view>

#include <tandem/io/tls_stream.hpp>
#include <tandem/sync/mutex.hpp>

#include "io/tls_engine.hpp"

namespace tandem {

/// The reader and the writer both may have to read (a message of the handshake came in parts) and to write
/// (an answer to a key update). So each side of the stream below has a lock: whoever needs it does the work
/// for both.
class tls_stream::state {
  public:
    state(std::unique_ptr<byte_stream> below, std::shared_ptr<detail::tls_shared> shared, std::string peer,
          std::string session_key)
        : below_(std::move(below))
        , engine_(std::move(shared), std::move(peer), std::move(session_key)) {}

    detail::tls_engine& engine() noexcept { return engine_; }

    task<> shake_hands();
    task<std::size_t> read_some(std::span<char> room);
    task<std::size_t> write_some(std::string_view bytes);
    task<> write(std::string_view bytes);
    task<> close_write();
    void close() noexcept;
    bool is_quiet() noexcept;

  private:
    /// Waits until more input has come, or throws where none will.
    task<> fill();
    task<std::size_t> read_below(std::span<char> room, cancel_scope& pause);
    /// Sends what the engine has put out; what a cancellation leaves over goes with the next call.
    task<> flush();
    task<> flush_quietly();
    /// Has the reader, if one waits, send what is left over.
    void leave_rest() noexcept;
    /// Sends the alert that goes with an error, if it can be sent soon.
    task<> say_why();
    /// Waits until the engine has taken some of `bytes`.
    task<std::size_t> encrypt(std::string_view bytes);
    void check_writable() const;
    bool has_output() noexcept { return !sending_.empty() || !engine_.output().empty(); }

    std::unique_ptr<byte_stream> below_;
    detail::tls_engine engine_;
    mutex read_lock_;
    mutex write_lock_;
    /// What the stream below is taking; the engine may put out more meanwhile.
    detail::tls_buffer sending_;
    /// Counts what has come, so that one who waited for the lock knows whether to read.
    std::uint64_t arrivals_ = 0;
    /// Around the read that waits below: cancelled where something is left to be sent, which the reader then
    /// does.
    cancel_scope* pause_ = nullptr;
    /// Why the stream below takes no more.
    std::exception_ptr write_error_;
    bool last_read_was_long_ = false;
    bool has_reader_ = false;
    bool has_writer_ = false;
    bool is_broken_ = false;
    bool is_write_closed_ = false;
    bool is_cut_off_ = false;
    bool is_closed_ = false;
};

} // namespace tandem
