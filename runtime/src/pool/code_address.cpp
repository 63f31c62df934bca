#include "pool/code_address.hpp"

#include <algorithm>
#include <elf.h>
#include <fstream>
#include <link.h>
#include <mutex>
#include <sstream>
#include <sys/stat.h>
#include <vector>

#include "pool/symbol_name.hpp"
#include <tandem/pool/codec.hpp>
#include <tandem/pool/errors.hpp>

namespace tandem::detail {

namespace {

struct segment {
    std::uintptr_t first;
    std::uintptr_t last;
};

struct module {
    /// Empty for the main program.
    std::string path;
    std::uintptr_t base = 0;
    /// What tells it from every other module, on this machine.
    std::string identity;
    /// Where its code is mapped.
    std::vector<segment> code;

    bool holds(std::uintptr_t address) const {
        return std::any_of(code.begin(), code.end(),
                           [&](const segment& part) { return part.first <= address && address < part.last; });
    }
};

/// The build-id among the notes at `notes`, empty if there is none.
std::string find_build_id(const char* notes, std::size_t size) {
    const auto aligned = [](std::size_t length) { return (length + 3) & ~std::size_t{3}; };
    while (size >= sizeof(ElfW(Nhdr))) {
        ElfW(Nhdr) note;
        std::memcpy(&note, notes, sizeof note);
        const std::size_t name = sizeof note;
        const std::size_t description = name + aligned(note.n_namesz);
        const std::size_t end = description + aligned(note.n_descsz);
        if (end > size) break;
        if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == 4 && std::memcmp(notes + name, "GNU", 4) == 0)
            return "build-id:" + std::string(notes + description, note.n_descsz);
        notes += end;
        size -= end;
    }
    return {};
}

/// The link leads to the running program even when its file has been replaced.
const char* file_of(const std::string& path) {
    return path.empty() ? "/proc/self/exe" : path.c_str();
}

/// True if another file has the name of what is mapped at `address`, or none has.
bool has_lost_its_file(std::uintptr_t address) {
    std::ifstream maps("/proc/self/maps");
    for (std::string line; std::getline(maps, line);) {
        std::istringstream range(line);
        std::uintptr_t first = 0;
        std::uintptr_t last = 0;
        char dash = 0;
        range >> std::hex >> first >> dash >> last;
        if (first <= address && address < last) return line.ends_with(" (deleted)");
    }
    return false;
}

std::string file_identity(const std::string& path, std::uintptr_t mapped_at) {
    // A library's name may lead to its next version by now, which is not what runs here.
    if (!path.empty() && has_lost_its_file(mapped_at)) return "replaced:" + path;
    struct stat file {};
    if (stat(file_of(path), &file) != 0) return {};
    return "file:" + std::to_string(file.st_dev) + ':' + std::to_string(file.st_ino) + ':' +
           std::to_string(file.st_size) + ':' + std::to_string(file.st_mtim.tv_sec) + '.' +
           std::to_string(file.st_mtim.tv_nsec);
}

std::vector<segment> code_of(const dl_phdr_info& info) {
    std::vector<segment> code;
    for (int index = 0; index < info.dlpi_phnum; ++index) {
        const ElfW(Phdr)& header = info.dlpi_phdr[index];
        const std::uintptr_t at = info.dlpi_addr + header.p_vaddr;
        if (header.p_type == PT_LOAD && (header.p_flags & PF_X) != 0)
            code.push_back({at, at + header.p_memsz});
    }
    return code;
}

module describe_module(const dl_phdr_info& info) {
    module found;
    found.path = info.dlpi_name ? info.dlpi_name : "";
    found.base = info.dlpi_addr;
    found.code = code_of(info);
    for (int index = 0; index < info.dlpi_phnum; ++index) {
        const ElfW(Phdr)& header = info.dlpi_phdr[index];
        const std::uintptr_t at = info.dlpi_addr + header.p_vaddr;
        if (header.p_type == PT_NOTE && found.identity.empty())
            found.identity = find_build_id(reinterpret_cast<const char*>(at), header.p_memsz);
    }
    if (found.identity.empty() && !found.code.empty())
        found.identity = file_identity(found.path, found.code.front().first);
    return found;
}

/// The modules of this process, read again when one has come or gone.
class module_table {
  public:
    static module_table& instance() {
        // Never destroyed: workers end in exit() while another thread may still decode.
        static auto& table = *new module_table;
        return table;
    }

    /// Calls `use(module*)` under the table's lock with the module whose code holds `address`, or null.
    template <class Use> auto with_address(std::uintptr_t address, Use use) {
        const std::lock_guard lock(mutex_);
        refresh();
        const auto at = std::find_if(modules_.begin(), modules_.end(),
                                     [&](const module& each) { return each.holds(address); });
        return use(at == modules_.end() ? nullptr : &*at);
    }
    template <class Use> auto with_identity(const std::string& identity, Use use) {
        const std::lock_guard lock(mutex_);
        refresh();
        const auto at = std::find_if(modules_.begin(), modules_.end(),
                                     [&](const module& each) { return each.identity == identity; });
        return use(at == modules_.end() ? nullptr : &*at);
    }

  private:
    void refresh() {
        unsigned long long changes[2] = {0, 0};
        dl_iterate_phdr(
            [](dl_phdr_info* info, std::size_t, void* out) {
                static_cast<unsigned long long*>(out)[0] = info->dlpi_adds;
                static_cast<unsigned long long*>(out)[1] = info->dlpi_subs;
                return 1;
            },
            changes);
        if (changes[0] == loaded_ && changes[1] == unloaded_) return;
        modules_.clear();
        dl_iterate_phdr(
            [](dl_phdr_info* info, std::size_t, void* out) {
                static_cast<std::vector<module>*>(out)->push_back(describe_module(*info));
                return 0;
            },
            &modules_);
        loaded_ = changes[0];
        unloaded_ = changes[1];
    }

    std::mutex mutex_;
    std::vector<module> modules_;
    unsigned long long loaded_ = 0;
    unsigned long long unloaded_ = 0;
};

std::string name_of(const std::string& path) {
    return path.empty() ? "the program" : path;
}

/// Where most functions lie. Workers are started from the same file, whatever has its name by now, so an
/// offset says it all; and the program is never unloaded, so nothing has to be read again.
const module& main_program() {
    static const module& only = *new module([] {
        module first;
        dl_iterate_phdr(
            [](dl_phdr_info* info, std::size_t, void* out) {
                module& into = *static_cast<module*>(out);
                into.base = info->dlpi_addr;
                into.code = code_of(*info);
                return 1; // it comes first
            },
            &first);
        return first;
    }());
    return only;
}

/// Which module an encoded address is in.
enum class place : std::uint8_t { main_program, other_module };

} // namespace

void encode_code_address(encoder& out, const void* code) {
    const auto address = reinterpret_cast<std::uintptr_t>(code);
    if (const module& program = main_program(); program.holds(address)) {
        tandem::encode(out, place::main_program);
        tandem::encode(out, static_cast<std::uint64_t>(address - program.base));
        return;
    }
    tandem::encode(out, place::other_module);
    module_table::instance().with_address(address, [&](const module* found) {
        if (!found) throw unknown_function("tandem: a job's function lies in no loaded module");
        tandem::encode(out, found->path);
        tandem::encode(out, found->identity);
        tandem::encode(out, static_cast<std::uint64_t>(address - found->base));
    });
}

namespace {

const void* address_in(const module& of, std::uint64_t offset) {
    const std::uintptr_t address = of.base + static_cast<std::uintptr_t>(offset);
    if (!of.holds(address)) throw unknown_function("tandem: no function of " + name_of(of.path));
    return reinterpret_cast<const void*>(address);
}

} // namespace

const void* decode_code_address(decoder& in) {
    if (tandem::decode<place>(in) == place::main_program)
        return address_in(main_program(), tandem::decode<std::uint64_t>(in));
    const auto path = tandem::decode<std::string>(in);
    const auto identity = tandem::decode<std::string>(in);
    const auto offset = tandem::decode<std::uint64_t>(in);
    return module_table::instance().with_identity(identity, [&](const module* found) {
        if (!found)
            throw unknown_function(
                "tandem: the worker does not have the module of the job's function in this "
                "version: " +
                name_of(path));
        return address_in(*found, offset);
    });
}

std::string describe_code_address(const void* code) {
    const auto address = reinterpret_cast<std::uintptr_t>(code);
    return module_table::instance().with_address(address, [&](const module* found) -> std::string {
        if (!found) return "an unknown function";
        const std::uintptr_t offset = address - found->base;
        const std::string name = find_symbol_name(file_of(found->path), offset);
        if (!name.empty()) return demangle(name.c_str());
        // As addr2line takes it.
        std::ostringstream place;
        place << name_of(found->path) << "+0x" << std::hex << offset;
        return place.str();
    });
}

} // namespace tandem::detail
