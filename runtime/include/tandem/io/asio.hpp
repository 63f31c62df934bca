// The bridge to Asio, for those who want its types: awaiting any asynchronous operation of Asio or Beast.
// This is the one public header that includes Asio.
#pragma once
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/system/system_error.hpp>

#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>

#include <tandem/coro/waiter.hpp>

namespace tandem {

/// What Asio's objects run on in this loop: `tcp::socket peer(asio_context());`. Throws usage_error outside
/// of one.
///
/// Handlers that are started here without `use` can wake a task, and the loop does not see them: once an
/// application has asked for the context, that loop reports no deadlock.
TANDEM_API boost::asio::io_context& asio_context();

/// A completion token: `std::size_t n = co_await socket.async_read_some(buffer, use);`
///
/// The operation starts at the await. An error_code of the operation is thrown as
/// boost::system::system_error; the other results are returned, several as a tuple. Cancelling the scope
/// emits a terminal cancellation to the operation and waits for its end: a cancelled composed operation (a
/// read of many bytes, a handshake) leaves its stream in an unknown state, to be closed; an operation that
/// ignores cancellation is waited for. One that has its result delivers it.
struct use_t {
    /// For objects that carry their token: `use_t::as_default_on_t<tcp::socket>`.
    template <class Executor> struct executor_with_default : Executor {
        using default_completion_token_type = use_t;
        template <class Other>
            requires(!std::is_same_v<Other, executor_with_default> && std::is_convertible_v<Other, Executor>)
        executor_with_default(const Other& executor)
        noexcept // as Asio's own adapters convert
            : Executor(executor) {}
    };
    template <class Object>
    using as_default_on_t = typename Object::template rebind_executor<
        executor_with_default<typename Object::executor_type>>::other;
};
inline constexpr use_t use{};

/// As `use`, but returns the error_code with the other results: `auto [error, n] = co_await …(buffer,
/// use_ec);`
struct use_ec_t {};
inline constexpr use_ec_t use_ec{};

namespace detail {

/// The same for the library, whose tasks do not wait for handlers that the loop cannot see.
TANDEM_API boost::asio::io_context& own_asio_context();

/// The outcome of an asynchronous operation, and the cancellation of it; what the handler writes to.
template <class... Results> class asio_outcome : public waiter {
  public:
    void complete(Results... results) {
        results_.emplace(std::move(results)...);
        in_flight_.end();
        commit();
    }
    boost::asio::cancellation_slot slot() noexcept { return stop_.slot(); }

  protected:
    asio_outcome() = default;
    asio_outcome(asio_outcome&& other) noexcept
        : waiter(std::move(other)) {}
    ~asio_outcome() = default;
    bool withdraw() noexcept final {
        stopped_ = true;
        stop_.emit(boost::asio::cancellation_type::terminal);
        return false;
    }

    std::optional<std::tuple<Results...>> results_;
    boost::asio::cancellation_signal stop_;
    external_wait in_flight_;
    bool stopped_ = false;
};

template <class... Results> class asio_handler {
  public:
    using cancellation_slot_type = boost::asio::cancellation_slot;
    explicit asio_handler(asio_outcome<Results...>& outcome) noexcept
        : outcome_(&outcome) {}
    cancellation_slot_type get_cancellation_slot() const noexcept { return outcome_->slot(); }
    void operator()(Results... results) { outcome_->complete(std::move(results)...); }

  private:
    asio_outcome<Results...>* outcome_;
};

/// An operation of Asio as an awaitable: starts it when awaited.
template <bool Throws, class Initiation, class Arguments, class... Results>
class [[nodiscard]] asio_operation final : public asio_outcome<Results...> {
    static constexpr bool has_error =
        std::is_same_v<std::tuple_element_t<0, std::tuple<Results..., void>>, boost::system::error_code>;

  public:
    template <class... Given>
    asio_operation(Initiation initiation, std::in_place_t, Given&&... given)
        : initiation_(std::move(initiation))
        , arguments_(std::forward<Given>(given)...) {}

    bool await_ready() const noexcept { return false; }
    template <class Promise> bool await_suspend(std::coroutine_handle<Promise> self) {
        if (!this->checkpoint(self.promise())) return false;
        this->begin_waiting();
        this->in_flight_.begin(self.promise().scheduler());
        std::apply(
            [&](auto&... arguments) {
                std::move(initiation_)(asio_handler<Results...>(*this), std::move(arguments)...);
            },
            arguments_);
        return true;
    }
    auto await_resume() {
        this->throw_if_cancelled();
        auto& results = *this->results_;
        if constexpr (has_error) {
            const boost::system::error_code error = std::get<0>(results);
            if (error && this->stopped_ && error == boost::asio::error::operation_aborted)
                this->waiting_task().scope().throw_cancelled();
            if constexpr (Throws) {
                if (error) throw boost::system::system_error(error);
                return without_error(results, std::make_index_sequence<sizeof...(Results) - 1>());
            } else {
                return std::move(results);
            }
        } else {
            return only(std::move(results));
        }
    }

  private:
    template <std::size_t... Index>
    static auto without_error(std::tuple<Results...>& results, std::index_sequence<Index...>) {
        return only(std::tuple(std::move(std::get<Index + 1>(results))...));
    }
    template <class... Rest> static auto only(std::tuple<Rest...> rest) {
        if constexpr (sizeof...(Rest) == 1)
            return std::get<0>(std::move(rest));
        else if constexpr (sizeof...(Rest) > 1)
            return rest;
    }

    Initiation initiation_;
    Arguments arguments_;
};

template <bool Throws, class... Results> struct asio_result {
    template <class Initiation, class Token, class... Given>
    static auto initiate(Initiation&& initiation, Token&&, Given&&... given) {
        return asio_operation<Throws, std::decay_t<Initiation>, std::tuple<std::decay_t<Given>...>,
                              std::decay_t<Results>...>(std::forward<Initiation>(initiation), std::in_place,
                                                        std::forward<Given>(given)...);
    }
};

} // namespace detail
} // namespace tandem

template <class... Results>
class boost::asio::async_result<tandem::use_t, void(Results...)>
    : public tandem::detail::asio_result<true, Results...> {};
template <class... Results>
class boost::asio::async_result<tandem::use_ec_t, void(Results...)>
    : public tandem::detail::asio_result<false, Results...> {};
