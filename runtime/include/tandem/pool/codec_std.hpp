// What the codec knows beside the types whose parts it can see.
#pragma once
#include <exception>
#include <system_error>

#include <tandem/base/result.hpp>
#include <tandem/pool/codec_kind.hpp>

namespace tandem {

template <class T> void encode(encoder& out, const T& value);
template <class T> T decode(decoder& in);

/// An exception travels as its own type where that is one of std's, of Tandem's or of carry_exception's, else
/// as a remote_error. A null pointer stays one.
template <> struct TANDEM_API codec<std::exception_ptr> {
    static void encode(encoder& out, const std::exception_ptr& error);
    static std::exception_ptr decode(decoder& in);
};

/// Categories are told by address: only std's own (generic, system, iostream, future) can travel. Others are
/// a codec_error.
template <> struct TANDEM_API codec<std::error_code> {
    static void encode(encoder& out, const std::error_code& code);
    static std::error_code decode(decoder& in);
};

/// A value, or the exception in its place. One that was never given an outcome is a codec_error.
template <class T> struct codec<result<T>> {
    static void encode(encoder& out, const result<T>& outcome) {
        if (!outcome.has_value() && !outcome.error())
            detail::throw_bad_value("result: it has no outcome yet");
        tandem::encode(out, outcome.has_value());
        if (!outcome.has_value())
            tandem::encode(out, outcome.error());
        else if constexpr (!std::is_void_v<T>)
            tandem::encode<T>(out, const_cast<result<T>&>(outcome).value()); // only read
    }
    static result<T> decode(decoder& in) {
        if (!tandem::decode<bool>(in)) {
            auto error = tandem::decode<std::exception_ptr>(in);
            if (!error) detail::throw_bad_value("result: neither value nor error");
            return result<T>::failure(std::move(error));
        }
        if constexpr (std::is_void_v<T>)
            return result<>::success();
        else
            return result<T>::success(tandem::decode<T>(in));
    }
};

} // namespace tandem
