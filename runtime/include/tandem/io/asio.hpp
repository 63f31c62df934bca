// The bridge to Asio, for those who want its types: awaiting any asynchronous operation of Asio or Beast, and
// starting a task from Asio code. This is the one public header that includes Asio.
#pragma once
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/system/system_error.hpp>

#include <memory>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>

#include <tandem/coro/loop.hpp>
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

/// A task that Asio code has started, from then until its handler has been called; what needs no template.
class TANDEM_API started_task : public std::enable_shared_from_this<started_task>, private child_owner {
  public:
    started_task(const started_task&) = delete;
    started_task& operator=(const started_task&) = delete;

    /// Starts it in the root scope of `home`: at once on that loop's thread, else posted there.
    void begin(loop& home);
    void begin(boost::asio::io_context& home);

  protected:
    started_task() = default;
    virtual ~started_task();

    /// Awaits the task and keeps its value.
    virtual task<> run() = 0;
    /// Calls the handler, on the loop's thread between two steps. `error` is null for success.
    virtual void complete(std::exception_ptr error, boost::asio::io_context& io) = 0;
    /// What cancels it, from whichever thread; need not be connected.
    virtual boost::asio::cancellation_slot slot() = 0;

  private:
    void listen(const loop& home);
    void cancel() noexcept;
    void launch();
    task<> run_in_scope();
    void child_done(promise_base& child) noexcept override;
    void finish(boost::asio::io_context& io, scheduler& run);

    /// While it runs, nobody else has to keep it.
    std::shared_ptr<started_task> self_;
    std::exception_ptr error_;
    cancel_scope* scope_ = nullptr;
    bool is_cancelled_ = false;
};

template <class T, class Handler> class started_task_of final : public started_task {
  public:
    started_task_of(task<T> work, Handler handler)
        : work_(std::move(work))
        , handler_(std::move(handler))
        , busy_(boost::asio::get_associated_executor(handler_)) {}

  private:
    task<> run() override {
        if constexpr (std::is_void_v<T>)
            co_await std::move(work_);
        else
            value_.emplace(co_await std::move(work_));
    }
    void complete(std::exception_ptr error, boost::asio::io_context& io) override {
        const auto where =
            boost::asio::get_associated_executor(handler_, boost::asio::any_io_executor(io.get_executor()));
        boost::asio::dispatch(where, [handler = std::move(handler_), value = std::move(value_),
                                      error = std::move(error)]() mutable {
            boost::asio::get_associated_cancellation_slot(handler).clear();
            if constexpr (std::is_void_v<T>)
                std::move(handler)(std::move(error));
            else if (value)
                std::move(handler)(std::move(error), std::move(*value));
            else
                std::move(handler)(std::move(error), T());
        });
    }

    boost::asio::cancellation_slot slot() override {
        return boost::asio::get_associated_cancellation_slot(handler_);
    }

    struct nothing {};
    task<T> work_;
    std::conditional_t<std::is_void_v<T>, nothing, std::optional<T>> value_;
    Handler handler_;
    /// An io_context of another thread does not end meanwhile.
    boost::asio::executor_work_guard<boost::asio::associated_executor_t<Handler>> busy_;
};

template <class T> struct start_signature {
    static_assert(!std::is_reference_v<T> && std::is_default_constructible_v<T>,
                  "tandem: start() hands a handler a value in case of an error too: it has to be "
                  "default-constructible, and no reference");
    using type = void(std::exception_ptr, T);
};
template <> struct start_signature<void> { using type = void(std::exception_ptr); };

struct start_initiation {
    template <class Handler, class Home, class T>
    void operator()(Handler&& handler, Home* home, task<T> work) const {
        std::make_shared<started_task_of<T, std::decay_t<Handler>>>(std::move(work),
                                                                    std::forward<Handler>(handler))
            ->begin(*home);
    }
};

} // namespace detail

/// Starts `work` on the loop `home`, from code that is no coroutine of Tandem: a handler, an
/// asio::awaitable, another thread. The completion token gets `void(std::exception_ptr, T)`, or
/// `void(std::exception_ptr)` for a task without a value:
///
///     std::future<page> soon = start(here, fetch(link), asio::use_future);
///     page now = co_await start(here, fetch(link), asio::use_awaitable); // in an asio::awaitable
///
/// The task starts at the next turn of that loop, in its root scope: the loop does not end before it has, and
/// what cancels the loop cancels it. Terminal cancellation through the token's slot cancels the task and all
/// it has opened; the handler is called when that has ended. A task that ends by a cancellation of either
/// kind completes with asio::error::operation_aborted as boost::system::system_error, any other error with
/// itself. The handler runs on its associated executor, on the loop's thread where it has none.
///
/// Thread safe; `T` has to be default-constructible. A task that the loop never comes to, because it has ended
/// or never runs, is destroyed with the loop, and its handler uncalled (a future then tells of a broken
/// promise).
template <class T, class Token> auto start(loop& home, task<T> work, Token&& token) {
    return boost::asio::async_initiate<Token, typename detail::start_signature<T>::type>(
        detail::start_initiation(), token, &home, std::move(work));
}

/// The same for the loop that `home`, as `asio_context()` gave it, belongs to. Throws usage_error if that is
/// none that runs.
template <class T, class Token> auto start(boost::asio::io_context& home, task<T> work, Token&& token) {
    return boost::asio::async_initiate<Token, typename detail::start_signature<T>::type>(
        detail::start_initiation(), token, &home, std::move(work));
}

} // namespace tandem

template <class... Results>
class boost::asio::async_result<tandem::use_t, void(Results...)>
    : public tandem::detail::asio_result<true, Results...> {};
template <class... Results>
class boost::asio::async_result<tandem::use_ec_t, void(Results...)>
    : public tandem::detail::asio_result<false, Results...> {};
