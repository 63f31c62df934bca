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

namespace tandem::detail {

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

void encode_current_exception(encoder& out) {
    const std::type_info& type = *abi::__cxa_current_exception_type();
    const std::size_t start = out.size();
    if (const exception_codec* how = exception_registry::instance().find(type.name())) {
        try {
            tandem::encode(out, true);
            tandem::encode(out, std::string(type.name()));
            how->encode(out);
            return;
        } catch (...) {
            // It does not travel after all; tell at least what it was.
            out.truncate(start);
        }
    }
    tandem::encode(out, false);
    tandem::encode(out, demangle(type.name()));
    tandem::encode(out, current_what());
}

std::exception_ptr decode_exception(decoder& in) noexcept {
    try {
        const bool known = tandem::decode<bool>(in);
        const auto type = tandem::decode<std::string>(in);
        if (!known) return std::make_exception_ptr(remote_error(type, tandem::decode<std::string>(in)));
        const exception_codec* how = exception_registry::instance().find(type);
        if (!how) throw codec_error("tandem: the worker sent an exception of an unknown type: " + type);
        std::exception_ptr error = how->decode(in);
        in.finish();
        return error;
    } catch (...) {
        return std::current_exception();
    }
}

} // namespace tandem::detail
