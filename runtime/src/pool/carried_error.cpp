#include "pool/carried_error.hpp"

#include <cstdlib>
#include <cxxabi.h>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include "pool/std_exceptions.hpp"
#include "pool/symbol_name.hpp"
#include <tandem/pool/carry_exception.hpp>
#include <tandem/pool/errors.hpp>

namespace tandem {

namespace detail {

namespace {

/// Which exceptions travel as themselves, by the mangled name of their type: equal in all processes of a
/// program.
struct exception_registry {
    std::mutex mutex;
    std::unordered_map<std::string, exception_codec> codecs;

    static exception_registry& instance() {
        // Never destroyed: jobs may run, and pools receive, until the very end of the process.
        static auto& registry = *new exception_registry;
        return registry;
    }
    void add(const std::type_info& type, const exception_codec& how) {
        const std::lock_guard lock(mutex);
        codecs.emplace(type.name(), how);
    }
    const exception_codec* find(const std::string& name) {
        static const bool std_types_known = (register_std_exceptions(), true);
        static_cast<void>(std_types_known);
        const std::lock_guard lock(mutex);
        const auto at = codecs.find(name);
        return at == codecs.end() ? nullptr : &at->second;
    }
};

std::string current_what() {
    try {
        throw;
    } catch (const std::exception& error) {
        return error.what();
    } catch (const std::string& text) {
        return text;
    } catch (const char* text) {
        return text;
    } catch (...) {
        return {};
    }
}

} // namespace

void register_exception(const std::type_info& type, const exception_codec& how) {
    exception_registry::instance().add(type, how);
}

namespace {

/// How an exception was sent.
enum class carried : std::uint8_t { none, as_itself, as_remote_error };
constexpr bool is_enumerator(carried how) {
    return how <= carried::as_remote_error;
}

void encode_current_exception(encoder& out) {
    const std::type_info* const type = abi::__cxa_current_exception_type();
    const std::string name = type ? type->name() : "unknown";
    const encoder::mark start = out.here();
    if (const exception_codec* how = exception_registry::instance().find(name)) {
        try {
            tandem::encode(out, carried::as_itself);
            tandem::encode(out, name);
            how->encode(out);
            return;
        } catch (...) {
            // It does not travel after all; tell at least what it was.
            out.go_back(start);
        }
    }
    tandem::encode(out, carried::as_remote_error);
    tandem::encode(out, demangle(name.c_str()));
    tandem::encode(out, current_what());
}

} // namespace

std::exception_ptr decode_exception(decoder& in) noexcept {
    try {
        auto error = tandem::decode<std::exception_ptr>(in);
        in.finish();
        if (!error) throw_bad_value("error: it is none");
        return error;
    } catch (...) {
        return std::current_exception();
    }
}

} // namespace detail

void codec<std::exception_ptr>::encode(encoder& out, const std::exception_ptr& error) {
    if (!error) return tandem::encode(out, detail::carried::none);
    try {
        std::rethrow_exception(error);
    } catch (...) {
        detail::encode_current_exception(out);
    }
}

std::exception_ptr codec<std::exception_ptr>::decode(decoder& in) {
    using detail::carried;
    const auto how = tandem::decode<carried>(in);
    if (how == carried::none) return nullptr;
    const auto type = tandem::decode<std::string>(in);
    if (how == carried::as_remote_error) {
        auto text = tandem::decode<std::string>(in);
        return std::make_exception_ptr(remote_error(type, std::move(text)));
    }
    const detail::exception_codec* known = detail::exception_registry::instance().find(type);
    if (!known) throw codec_error("tandem: the worker sent an exception of an unknown type: " + type);
    return known->decode(in);
}

} // namespace tandem
