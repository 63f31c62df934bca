#include "demo/origin_process.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/read_until.hpp>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <filesystem>
#include <spawn.h>
#include <stdexcept>
#include <sys/wait.h>
#include <system_error>
#include <tandem/io/asio.hpp>
#include <unistd.h>

namespace {

[[noreturn]] void fail(int code, const std::string& what) {
    throw std::system_error(code, std::generic_category(), what);
}

std::string sibling(const char* name) {
    return (std::filesystem::read_symlink("/proc/self/exe").parent_path() / name).string();
}

} // namespace

origin_process::origin_process(const std::vector<std::string>& arguments) {
    int in[2], out[2];
    if (::pipe2(in, O_CLOEXEC) != 0 || ::pipe2(out, O_CLOEXEC) != 0) fail(errno, "pipe");
    lifeline_ = in[1];
    output_ = out[0];

    std::vector<std::string> command = {sibling("tandem-origin"), "--until-input-ends"};
    command.insert(command.end(), arguments.begin(), arguments.end());
    std::vector<char*> pointers;
    for (auto& word : command)
        pointers.push_back(word.data());
    pointers.push_back(nullptr);

    posix_spawn_file_actions_t files;
    ::posix_spawn_file_actions_init(&files);
    ::posix_spawn_file_actions_adddup2(&files, in[0], STDIN_FILENO);
    ::posix_spawn_file_actions_adddup2(&files, out[1], STDOUT_FILENO);
    // A process group of its own: Ctrl-C is for the demo, which then takes the origin down in order.
    posix_spawnattr_t attributes;
    ::posix_spawnattr_init(&attributes);
    ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
    int code = ::posix_spawn(&pid_, pointers[0], &files, &attributes, pointers.data(), environ);
    ::posix_spawnattr_destroy(&attributes);
    ::posix_spawn_file_actions_destroy(&files);
    ::close(in[0]);
    ::close(out[1]);
    if (code != 0) {
        ::close(lifeline_);
        ::close(output_);
        fail(code, command[0]);
    }
}

origin_process::~origin_process() {
    ::close(lifeline_);
    ::close(output_);
    ::kill(pid_, SIGKILL); // it may be busy making photos, and has nothing to clean up
    while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
    }
}

tandem::task<std::string> origin_process::url() {
    boost::asio::posix::stream_descriptor output(tandem::asio_context(), ::dup(output_));
    std::string text;
    auto [error, size] = co_await boost::asio::async_read_until(output, boost::asio::dynamic_buffer(text),
                                                                "ready\n", tandem::use_ec);
    if (error) throw std::runtime_error("the origin ended before it served");
    co_return text.substr(0, text.find('\n'));
}
