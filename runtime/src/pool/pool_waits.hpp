// What a coroutine waits for at a process_pool, its jobs aside. Each wait may be cancelled at any time, and
// leaves the pool as it is.
#pragma once
#include <cstddef>
#include <exception>

#include <tandem/coro/scheduler.hpp>
#include <tandem/coro/waiter.hpp>

namespace tandem::detail {

class pool_state;

struct stop_queue_tag;

/// The wait of `process_pool::stop` for the last worker's end.
class pool_stop final : public waiting_operation<pool_stop>, public list_hook<stop_queue_tag> {
  public:
    explicit pool_stop(pool_state& pool) noexcept
        : pool_(pool) {}
    void await_resume() const { throw_if_cancelled(); }

  private:
    friend waiting_operation;
    bool try_now() noexcept;
    void enqueue() noexcept;
    bool withdraw() noexcept override;

    pool_state& pool_;
    external_wait in_flight_;
};

struct room_queue_tag;

/// The wait of `process_pool::room`.
class pool_room final : public waiting_operation<pool_room>, public list_hook<room_queue_tag> {
  public:
    explicit pool_room(pool_state& pool) noexcept
        : pool_(pool) {}
    void await_resume() const { throw_if_cancelled(); }

  private:
    friend waiting_operation;
    bool try_now() const noexcept;
    void enqueue() noexcept;
    bool withdraw() noexcept override;

    pool_state& pool_;
};

struct drain_queue_tag;

/// The wait of `process_pool::drain` for the end of all jobs.
class pool_drain final : public waiting_operation<pool_drain>, public list_hook<drain_queue_tag> {
  public:
    explicit pool_drain(pool_state& pool) noexcept
        : pool_(pool) {}
    void await_resume() const { throw_if_cancelled(); }

  private:
    friend waiting_operation;
    bool try_now() const noexcept;
    void enqueue() noexcept;
    bool withdraw() noexcept override;

    pool_state& pool_;
    external_wait in_flight_;
};

struct warm_up_queue_tag;

/// The wait of `process_pool::warm_up` for so many workers.
class pool_warm_up final : public waiting_operation<pool_warm_up>, public list_hook<warm_up_queue_tag> {
  public:
    pool_warm_up(pool_state& pool, std::size_t count) noexcept
        : pool_(pool)
        , count_(count) {}
    void await_resume() const {
        throw_if_cancelled();
        if (error_) std::rethrow_exception(error_);
    }

    std::size_t count() const noexcept { return count_; }
    /// There will not be so many.
    void fail(std::exception_ptr error) noexcept {
        error_ = std::move(error);
        commit();
    }

  private:
    friend waiting_operation;
    bool try_now();
    void enqueue();
    bool withdraw() noexcept override;

    pool_state& pool_;
    std::size_t count_;
    std::exception_ptr error_;
    external_wait in_flight_;
};

} // namespace tandem::detail
