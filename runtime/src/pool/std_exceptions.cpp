#include "pool/std_exceptions.hpp"

#include <any>
#include <filesystem>
#include <functional>
#include <future>
#include <ios>
#include <memory>
#include <new>
#include <optional>
#include <regex>
#include <stdexcept>
#include <string>
#include <system_error>
#include <typeinfo>
#include <variant>

#include <tandem/base/error.hpp>
#include <tandem/pool/carry_exception.hpp>
#include <tandem/pool/errors.hpp>
#include <tandem/threads/job_cancelled.hpp>

namespace tandem {

namespace detail {

namespace {

/// Exceptions whose text std makes up from other things. Where it would make up another one here, this keeps
/// it.
template <class E> class with_text final : public E {
  public:
    with_text(const E& error, std::string text)
        : E(error)
        , text_(std::move(text)) {}
    const char* what() const noexcept override { return text_.c_str(); }

  private:
    std::string text_;
};

template <class E> std::exception_ptr make_error(const E& error, std::string text) {
    if (error.what() == text) return std::make_exception_ptr(error);
    return std::make_exception_ptr(with_text<E>(error, std::move(text)));
}

/// Lets `E` travel, and what stands for it where std would make up another text, from hop to hop.
template <class E> void carry(const exception_codec& how) {
    register_exception(typeid(E), how);
    register_exception(typeid(with_text<E>), how);
}

template <class E, class Encode> void encode_as(encoder& out, Encode encode_parts) {
    try {
        throw;
    } catch (const E& error) {
        encode_parts(error);
        tandem::encode(out, std::string(error.what()));
    }
}

/// Those that are made of nothing.
template <class E> void carry_bare() {
    carry<E>({[](encoder& out) { encode_as<E>(out, [](const E&) {}); },
              [](decoder& in) { return make_error(E(), tandem::decode<std::string>(in)); }});
}

/// What was said before the code's own message, so that the constructor makes the same text again.
std::string prefix_of(const std::string& text, const std::error_code& code) {
    const std::string message = ": " + code.message();
    return text.ends_with(message) ? text.substr(0, text.size() - message.size()) : std::string();
}

void carry_system_error() {
    carry<std::system_error>(
        {[](encoder& out) {
             encode_as<std::system_error>(out,
                                          [&](const std::system_error& e) { tandem::encode(out, e.code()); });
         },
         [](decoder& in) {
             const std::error_code code = tandem::decode<std::error_code>(in);
             auto text = tandem::decode<std::string>(in);
             if (text == code.message()) return std::make_exception_ptr(std::system_error(code));
             return make_error(std::system_error(code, prefix_of(text, code)), std::move(text));
         }});
    carry<std::ios_base::failure>(
        {[](encoder& out) {
             encode_as<std::ios_base::failure>(out, [&](const auto& e) { tandem::encode(out, e.code()); });
         },
         [](decoder& in) {
             const std::error_code code = tandem::decode<std::error_code>(in);
             auto text = tandem::decode<std::string>(in);
             return make_error(std::ios_base::failure(prefix_of(text, code), code), std::move(text));
         }});
}

void carry_filesystem_error() {
    using std::filesystem::filesystem_error;
    carry<filesystem_error>({[](encoder& out) {
                                 encode_as<filesystem_error>(out, [&](const auto& e) {
                                     tandem::encode(out, e.code());
                                     tandem::encode(out, e.path1());
                                     tandem::encode(out, e.path2());
                                 });
                             },
                             [](decoder& in) {
                                 const std::error_code code = tandem::decode<std::error_code>(in);
                                 const auto one = tandem::decode<std::filesystem::path>(in);
                                 const auto two = tandem::decode<std::filesystem::path>(in);
                                 auto text = tandem::decode<std::string>(in);
                                 return make_error(filesystem_error("", one, two, code), std::move(text));
                             }});
}

/// Those that are made of an error code of their own.
template <class E> void carry_coded(int (*code_of)(const E&), E (*make)(int)) {
    static const auto code = code_of;
    static const auto remake = make;
    carry<E>(
        {[](encoder& out) { encode_as<E>(out, [&](const E& error) { tandem::encode(out, code(error)); }); },
         [](decoder& in) {
             const E error = remake(tandem::decode<int>(in));
             return make_error(error, tandem::decode<std::string>(in));
         }});
}

// Those of Tandem itself that say more than their text.

void carry_remote_error() {
    carry<remote_error>({[](encoder& out) {
                             encode_as<remote_error>(out, [&](const auto& error) {
                                 tandem::encode(out, error.type());
                                 tandem::encode(out, error.message());
                             });
                         },
                         [](decoder& in) {
                             auto type = tandem::decode<std::string>(in);
                             auto message = tandem::decode<std::string>(in);
                             return make_error(remote_error(std::move(type), std::move(message)),
                                               tandem::decode<std::string>(in));
                         }});
}

void carry_worker_died() {
    carry<worker_died>(
        {[](encoder& out) {
             encode_as<worker_died>(out, [&](const auto& error) { tandem::encode(out, error.how()); });
         },
         [](decoder& in) {
             auto how = tandem::decode<worker_exit>(in);
             return make_error(worker_died("", std::move(how)), tandem::decode<std::string>(in));
         }});
}

void carry_exception_group() {
    carry<exception_group>(
        {[](encoder& out) {
             encode_as<exception_group>(out, [&](const auto& group) { tandem::encode(out, group.errors()); });
         },
         [](decoder& in) {
             auto errors = tandem::decode<std::vector<std::exception_ptr>>(in);
             auto text = tandem::decode<std::string>(in);
             for (const auto& each : errors)
                 if (!each) throw_bad_value("exception_group: an error is none");
             const std::string message = text.substr(0, text.find("\n├─ "));
             return make_error(exception_group(message.substr(0, message.find("\n└─ ")), std::move(errors)),
                               std::move(text));
         }});
}

cancel_reason decode_reason(decoder& in) {
    const auto reason = tandem::decode<cancel_reason>(in);
    if (reason > cancel_reason::deadlock) throw_bad_value("cancel_reason");
    return reason;
}

void carry_job_cancelled() {
    carry<job_cancelled>({[](encoder& out) {
                              encode_as<job_cancelled>(
                                  out, [&](const auto& error) { tandem::encode(out, error.reason()); });
                          },
                          [](decoder& in) {
                              const auto reason = decode_reason(in);
                              return make_error(job_cancelled(reason), tandem::decode<std::string>(in));
                          }});
    // A scope means nothing in another process; that a job was stopped does.
    register_exception(
        typeid(cancelled),
        {[](encoder& out) {
             try {
                 throw;
             } catch (const cancelled& stop) {
                 tandem::encode(out, stop.reason());
             }
         },
         [](decoder& in) { return std::make_exception_ptr(job_cancelled(decode_reason(in))); }});
}

template <class... E> void carry_texts() {
    (carry_exception<E>(), ...);
}

} // namespace

void register_std_exceptions() {
    carry_texts<std::logic_error, std::invalid_argument, std::domain_error, std::length_error,
                std::out_of_range, std::runtime_error, std::range_error, std::overflow_error,
                std::underflow_error>();
    carry_texts<codec_error, broken_pool, unknown_function, timed_out, usage_error, deadlock_error>();
    carry_bare<std::exception>();
    carry_bare<std::bad_exception>();
    carry_bare<std::bad_alloc>();
    carry_bare<std::bad_array_new_length>();
    carry_bare<std::bad_cast>();
    carry_bare<std::bad_typeid>();
    carry_bare<std::bad_any_cast>();
    carry_bare<std::bad_optional_access>();
    carry_bare<std::bad_variant_access>();
    carry_bare<std::bad_weak_ptr>();
    carry_bare<std::bad_function_call>();
    carry_coded<std::regex_error>(
        [](const auto& error) { return static_cast<int>(error.code()); },
        [](int code) { return std::regex_error(static_cast<std::regex_constants::error_type>(code)); });
    carry_coded<std::future_error>(
        [](const auto& error) { return error.code().value(); },
        [](int code) { return std::future_error(static_cast<std::future_errc>(code)); });
    carry_system_error();
    carry_filesystem_error();
    carry_remote_error();
    carry_worker_died();
    carry_exception_group();
    carry_job_cancelled();
}

} // namespace detail

namespace {

const std::error_category* find_category(const std::string& name) {
    for (const std::error_category* each : {&std::generic_category(), &std::system_category(),
                                            &std::iostream_category(), &std::future_category()})
        if (each->name() == name) return each;
    return nullptr;
}

} // namespace

void codec<std::error_code>::encode(encoder& out, const std::error_code& code) {
    if (find_category(code.category().name()) != &code.category())
        throw codec_error(std::string("tandem: an error code of another category: ") +
                          code.category().name());
    tandem::encode(out, std::string(code.category().name()));
    tandem::encode(out, code.value());
}

std::error_code codec<std::error_code>::decode(decoder& in) {
    const std::error_category* category = find_category(tandem::decode<std::string>(in));
    if (!category) throw codec_error("tandem: an error code of no known category");
    return {tandem::decode<int>(in), *category};
}

} // namespace tandem
