#include "pool/pool_service.hpp"

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

namespace tandem::detail {

namespace {

/// An io_context shuts its services down in the reverse order of their making, before it destroys any.
class guest_service final : public boost::asio::execution_context::service {
  public:
    inline static boost::asio::execution_context::id id;

    explicit guest_service(boost::asio::io_context& io)
        : service(io) {
        // These make the services behind the guests' own objects older than this one, and so still alive in
        // `shutdown`.
        const boost::asio::posix::stream_descriptor older(io);
        const boost::asio::steady_timer older_timer(io);
    }

    void add(loop_guest& guest) noexcept { guests_.push_back(guest); }

  private:
    void shutdown() noexcept override {
        while (!guests_.empty())
            guests_.pop_front().loop_ends();
    }

    intrusive_list<loop_guest, loop_guest_tag> guests_;
};

} // namespace

void loop_guest::stay(boost::asio::io_context& io) {
    boost::asio::use_service<guest_service>(io).add(*this);
}

} // namespace tandem::detail
