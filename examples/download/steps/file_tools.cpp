#include "download/steps/file_tools.hpp"

#include <filesystem>
#include <stdexcept>

#include <dlfcn.h>

namespace {

const file_tools& load() {
    const auto program = std::filesystem::read_symlink("/proc/self/exe");
    const auto file = (program.parent_path() / TANDEM_FILE_TOOLS).lexically_normal();
    void* const module = ::dlopen(file.c_str(), RTLD_NOW);
    const void* const found = module ? ::dlsym(module, "tandem_file_tools") : nullptr;
    if (!found) throw std::runtime_error(std::string("the module for this step is missing: ") + ::dlerror());
    return *static_cast<const file_tools*>(found);
}

} // namespace

const file_tools& load_file_tools() {
    static const file_tools& loaded = load(); // for as long as the process lives
    return loaded;
}
