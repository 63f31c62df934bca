// The pool's side of its zygote.
#pragma once
#include <boost/asio/io_context.hpp>

#include <deque>
#include <exception>
#include <memory>
#include <vector>

#include "pool/process_maker.hpp"
#include "pool/worker_link.hpp"

namespace tandem::detail {

/// Who is told how a zygote gets on.
class zygote_owner {
  public:
    virtual void zygote_ready() = 0;
    /// Its preload threw.
    virtual void zygote_unfit(std::exception_ptr cause) = 0;
    /// It said nothing in time.
    virtual void zygote_late(int pid) = 0;
    /// It ended; `ready` if it had been, `begun` if its preload had.
    virtual void zygote_died(bool ready, bool begun, const worker_exit& how) = 0;

  protected:
    ~zygote_owner() = default;
};

/// One zygote. Workers keep it for as long as they need it to reap them. When it dies, they go on; how they
/// end is not known then.
class zygote_link final : public process_maker,
                          public std::enable_shared_from_this<zygote_link>,
                          private worker_owner {
  public:
    zygote_link(boost::asio::io_context& io, zygote_owner& owner, spawned_worker zygote);
    ~zygote_link() override;

    void start(std::chrono::steady_clock::duration hello_within);
    bool is_alive() const noexcept { return process_->is_alive(); }
    int pid() const noexcept { return process_->pid(); }

    void make(std::shared_ptr<worker_link> worker, std::vector<handed_descriptor> theirs,
              unsigned place) override;
    void reap(std::shared_ptr<worker_link> worker, int pid) override;

    /// Ends it, after the workers that it has forked, which the pool must have killed, and waits for that.
    /// The owner hears no more of it.
    void end() noexcept;

  private:
    struct wanted_worker {
        std::shared_ptr<worker_link> worker;
        std::vector<handed_descriptor> theirs;
        unsigned place;
    };
    struct ending_worker {
        std::shared_ptr<worker_link> worker;
        int pid;
    };

    void worker_sent(worker_link& from, const frame_header& header, byte_buffer payload) override;
    void worker_ended(worker_link& which, worker_exit how) override;
    void worker_late(worker_link& which) override;
    void worker_not_started(worker_link& which, const std::string& why) override;

    void ask_for_next();
    void forked(const fork_answer& answer);
    void reaped(const reap_answer& answer);

    zygote_owner* owner_;
    std::shared_ptr<worker_link> process_;
    bool begun_ = false;
    bool ready_ = false;
    /// The first has been asked for, if `asked_`.
    std::deque<wanted_worker> wanted_;
    bool asked_ = false;
    std::vector<ending_worker> ending_;
};

} // namespace tandem::detail
