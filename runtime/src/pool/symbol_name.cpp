#include "pool/symbol_name.hpp"

#include <cstdlib>
#include <cstring>
#include <cxxabi.h>
#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <memory>
#include <sys/mman.h>
#include <sys/stat.h>

#include "io/unique_fd.hpp"

namespace tandem::detail {

namespace {

/// A file's bytes, read as structures; nothing beyond the end is ever touched.
class mapped_file {
  public:
    explicit mapped_file(const char* path) {
        const unique_fd file(open(path, O_RDONLY | O_CLOEXEC));
        struct stat status {};
        if (file.get() < 0 || fstat(file.get(), &status) != 0 || status.st_size <= 0) return;
        void* bytes =
            mmap(nullptr, static_cast<std::size_t>(status.st_size), PROT_READ, MAP_PRIVATE, file.get(), 0);
        if (bytes == MAP_FAILED) return;
        bytes_ = static_cast<const char*>(bytes);
        size_ = static_cast<std::size_t>(status.st_size);
    }
    mapped_file(const mapped_file&) = delete;
    mapped_file& operator=(const mapped_file&) = delete;
    ~mapped_file() {
        if (bytes_) munmap(const_cast<char*>(bytes_), size_);
    }

    /// Copies the structure at `offset`; false if it is not all there.
    template <class T> bool read(std::uint64_t offset, T& out) const {
        if (size_ < sizeof out || offset > size_ - sizeof out) return false;
        std::memcpy(&out, bytes_ + offset, sizeof out);
        return true;
    }
    std::string text(std::uint64_t offset) const {
        return offset < size_ ? std::string(bytes_ + offset, strnlen(bytes_ + offset, size_ - offset))
                              : std::string();
    }

  private:
    const char* bytes_ = nullptr;
    std::size_t size_ = 0;
};

std::string find_in_table(const mapped_file& file, const ElfW(Shdr) & table, std::uint64_t names,
                          std::uint64_t offset) {
    ElfW(Sym) symbol;
    for (std::uint64_t at = 0; at + sizeof symbol <= table.sh_size; at += sizeof symbol) {
        if (!file.read(table.sh_offset + at, symbol)) break;
        if (ELF64_ST_TYPE(symbol.st_info) == STT_FUNC && symbol.st_value == offset)
            return file.text(names + symbol.st_name);
    }
    return {};
}

} // namespace

std::string find_symbol_name(const char* path, std::uint64_t offset) {
    const mapped_file file(path);
    ElfW(Ehdr) header;
    if (!file.read(0, header) || std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0) return {};
    for (unsigned index = 0; index < header.e_shnum; ++index) {
        ElfW(Shdr) table;
        ElfW(Shdr) names;
        if (!file.read(header.e_shoff + std::uint64_t{index} * sizeof table, table)) break;
        if (table.sh_type != SHT_SYMTAB) continue;
        if (!file.read(header.e_shoff + std::uint64_t{table.sh_link} * sizeof names, names)) break;
        return find_in_table(file, table, names.sh_offset, offset);
    }
    return {};
}

std::string demangle(const char* name) {
    int status = 0;
    const std::unique_ptr<char, void (*)(void*)> readable(
        abi::__cxa_demangle(name, nullptr, nullptr, &status), &std::free);
    return readable ? readable.get() : name;
}

} // namespace tandem::detail
