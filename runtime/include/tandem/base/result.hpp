// A value or the error that took its place, for where throwing costs or several outcomes are wanted.
#pragma once
#include <exception>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>

#include <tandem/base/error.hpp>

namespace tandem {

/// What a task produced: its value, or the exception that ended it. A moved-from result keeps its kind.
template <class T = void> class [[nodiscard]] result {
    using stored =
        std::conditional_t<std::is_void_v<T>, std::monostate,
                           std::conditional_t<std::is_reference_v<T>, std::remove_reference_t<T>*, T>>;

  public:
    using value_type = T;

    /// The default holds no value and no error yet; only assignment makes it meaningful.
    result() noexcept(std::is_nothrow_default_constructible_v<std::variant<std::monostate, stored>>)
        : outcome_(std::in_place_index<0>) {}

    static result success() requires std::is_void_v<T> {
        result made;
        made.outcome_.template emplace<1>();
        return made;
    }
    template <class U>
        requires(!std::is_void_v<T>)
    static result success(U&& value) {
        result made;
        if constexpr (std::is_reference_v<T>)
            made.outcome_.template emplace<1>(&value);
        else
            made.outcome_.template emplace<1>(std::forward<U>(value));
        return made;
    }
    static result failure(std::exception_ptr error) {
        result made;
        made.outcome_.template emplace<2>(std::move(error));
        return made;
    }

    bool has_value() const noexcept { return outcome_.index() == 1; }
    explicit operator bool() const noexcept { return has_value(); }

    /// The value; rethrows the error where there is none.
    std::conditional_t<std::is_void_v<T>, void, std::add_lvalue_reference_t<T>> value() & {
        require_value();
        if constexpr (std::is_reference_v<T>)
            return *std::get<1>(outcome_);
        else if constexpr (!std::is_void_v<T>)
            return std::get<1>(outcome_);
    }
    T value() && {
        require_value();
        if constexpr (std::is_reference_v<T>)
            return *std::get<1>(outcome_);
        else if constexpr (!std::is_void_v<T>)
            return std::move(std::get<1>(outcome_));
    }
    decltype(auto) operator*() & { return value(); }
    auto operator->() requires(!std::is_void_v<T>) { return &value(); }

    /// The error; null where there is a value.
    std::exception_ptr error() const noexcept {
        return outcome_.index() == 2 ? std::get<2>(outcome_) : std::exception_ptr();
    }
    /// The error's message, empty where there is a value.
    std::string what() const { return has_value() ? std::string() : describe(error()); }

  private:
    void require_value() const {
        if (outcome_.index() == 2) std::rethrow_exception(std::get<2>(outcome_));
        if (outcome_.index() == 0) throw usage_error("result: read before it was given an outcome");
    }

    std::variant<std::monostate, stored, std::exception_ptr> outcome_;
};

} // namespace tandem
