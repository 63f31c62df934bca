// Names of functions that the dynamic linker does not know.
#pragma once
#include <cstdint>
#include <string>

namespace tandem::detail {

/// The mangled name of the function at `offset` in the ELF file at `path`, from its symbol table: file-local
/// functions stand only there. Empty if the file has been stripped or cannot be read.
std::string find_symbol_name(const char* path, std::uint64_t offset);

/// The readable form of a mangled name; the name itself if it is not mangled.
std::string demangle(const char* name);

} // namespace tandem::detail
