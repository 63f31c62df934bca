// How exceptions of one's own types cross from a worker to the pool.
#pragma once
#include <exception>
#include <string>
#include <type_traits>
#include <typeinfo>

#include <tandem/pool/codec.hpp>

namespace tandem {

namespace detail {

struct exception_codec {
    /// Encodes the exception that is being handled; it is of the codec's type.
    void (*encode)(encoder& out);
    std::exception_ptr (*decode)(decoder& in);
};

TANDEM_API void register_exception(const std::type_info& type, const exception_codec& how);

} // namespace detail

/// Lets exceptions of type `E` arrive as themselves instead of as a remote_error. To be defined once, at
/// namespace scope of a source file, so that the pool and its workers both know:
///
///     const tandem::carry_exception<bad_image> carry_bad_image;
///
/// `E` travels by tandem::codec<E> if that is specialised, else by its what(), which its constructor is
/// given. Exactly `E` travels, not what derives from it. The types of std need none.
template <class E> class carry_exception {
  public:
    carry_exception() {
        static_assert(
            has_codec<E> || (std::is_base_of_v<std::exception, E> && std::is_constructible_v<E, std::string>),
            "tandem: specialise tandem::codec for the exception, or give it a constructor from std::string");
        detail::register_exception(typeid(E), {&encode, &decode});
    }

  private:
    static void encode(encoder& out) {
        try {
            throw;
        } catch (const E& error) {
            if constexpr (has_codec<E>)
                tandem::encode(out, error);
            else
                tandem::encode(out, std::string(error.what()));
        }
    }
    static std::exception_ptr decode(decoder& in) {
        if constexpr (has_codec<E>)
            return std::make_exception_ptr(tandem::decode<E>(in));
        else
            return std::make_exception_ptr(E(tandem::decode<std::string>(in)));
    }
};

} // namespace tandem
