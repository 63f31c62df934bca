// Our end of a child's pipe; sources of the runtime only.
#pragma once
#include <tandem/io/byte_stream.hpp>

#include "io/descriptor_stream.hpp"

namespace tandem::detail {

/// Bytes one way: to a child's input, or from its output.
class pipe_stream final : public byte_stream {
  public:
    enum class way : unsigned char { to_child, from_child };

    /// `name` is for errors: "the input of 'sort'".
    pipe_stream(unique_fd descriptor, way which, std::string name);

    task<std::size_t> read_some(std::span<char> room) override;
    task<std::size_t> write_some(std::string_view bytes) override;
    task<> write(std::string_view bytes) override;
    task<> close_write() override;
    void close() noexcept override { core_.close(); }
    bool is_quiet() noexcept override { return way_ == way::from_child && core_.is_quiet(); }

  private:
    class core final : public descriptor_stream {
      public:
        core(unique_fd descriptor, std::string name)
            : descriptor_stream(std::move(descriptor), kind::pipe)
            , name_(std::move(name)) {}
        std::string peer() const override { return name_; }

      private:
        std::string name_;
    };
    void require(way wanted, const char* what) const;

    core core_;
    way way_;
};

} // namespace tandem::detail
