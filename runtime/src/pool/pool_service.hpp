// How those that hold Asio objects across many awaits learn that their loop ends.
#pragma once
#include <boost/asio/execution_context.hpp>
#include <boost/asio/io_context.hpp>

#include <tandem/base/intrusive_list.hpp>

namespace tandem::detail {

struct loop_guest_tag;

/// Something bound to a loop that may outlive it.
class loop_guest : public list_hook<loop_guest_tag> {
  public:
    /// The last moment at which Asio objects of the loop may be touched.
    virtual void loop_ends() noexcept = 0;

    /// Is told from now on, until it is destroyed or the loop has ended.
    void stay(boost::asio::io_context& io);

  protected:
    ~loop_guest() = default;
};

} // namespace tandem::detail
