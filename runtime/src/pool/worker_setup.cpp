#include "pool/worker_setup.hpp"

#include <cerrno>
#include <stop_token>
#include <sys/mman.h>
#include <sys/stat.h>

#include "io/spawn_parts.hpp"
#include "pool/call.hpp"
#include <tandem/pool/codec.hpp>

namespace tandem::detail {

namespace {

void write_all(int file, const void* data, std::size_t size) {
    const auto* bytes = static_cast<const std::byte*>(data);
    for (std::size_t written = 0; written < size;) {
        const ssize_t n = write(file, bytes + written, size - written);
        if (n < 0 && errno != EINTR) throw_errno(errno, "process_pool: the set-up of workers");
        if (n > 0) written += static_cast<std::size_t>(n);
    }
}

std::span<const std::byte> take_bytes(decoder& in) {
    const std::size_t count = in.read_count();
    return {in.take(count), count};
}

void run_silently(std::span<const std::byte> call) {
    decoder in(call.data(), call.size());
    encoder ignored;
    run_call(in, ignored, std::stop_token());
}

} // namespace

unique_fd write_worker_setup(const process_pool_options& options) {
    unique_fd file(memfd_create("tandem-setup", MFD_CLOEXEC));
    if (file.get() < 0) throw_errno(errno, "process_pool: memfd_create");
    const std::span<const std::byte> initializer = options.initializer_call().bytes();
    const std::span<const std::byte> preload = options.preload_call().bytes();
    encoder start;
    tandem::encode(start, options.limits().values());
    tandem::encode(start, options.standard_output() == worker_stdout::captured);
    start.write_count(initializer.size());
    write_all(file.get(), start.data(), start.size());
    write_all(file.get(), initializer.data(), initializer.size());
    encoder between;
    between.write_count(preload.size());
    write_all(file.get(), between.data(), between.size());
    write_all(file.get(), preload.data(), preload.size());
    return file;
}

worker_setup::worker_setup(int descriptor) {
    const unique_fd file(descriptor);
    struct stat about {};
    if (fstat(file.get(), &about) != 0) throw_errno(errno, "started without its set-up");
    size_ = static_cast<std::size_t>(about.st_size);
    void* const mapped = mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, file.get(), 0);
    if (mapped == MAP_FAILED) throw_errno(errno, "cannot read its set-up");
    mapped_ = mapped;
    decoder in(mapped_, size_);
    limits_ = tandem::decode<limit_values>(in);
    captures_stdout_ = tandem::decode<bool>(in);
    initializer_ = take_bytes(in);
    preload_ = take_bytes(in);
    in.finish();
}

worker_setup::~worker_setup() {
    munmap(mapped_, size_);
}

void worker_setup::initialize() const {
    run_silently(initializer_);
}

void worker_setup::preload() const {
    run_silently(preload_);
}

} // namespace tandem::detail
