#include "io/start_command.hpp"

#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <vector>

#include <tandem/base/error.hpp>

namespace tandem::detail {
namespace {

/// Standard streams have the numbers below.
constexpr int first_free = 3;

/// The strings of a vector as exec takes them.
class exec_words {
  public:
    explicit exec_words(std::vector<std::string> words)
        : words_(std::move(words)) {
        for (std::string& each : words_) {
            if (each.find('\0') != std::string::npos)
                throw usage_error("command: a zero byte in an argument or in the environment");
            pointers_.push_back(each.data());
        }
        pointers_.push_back(nullptr);
    }
    char* const* get() const noexcept { return pointers_.data(); }
    const std::vector<std::string>& words() const noexcept { return words_; }

  private:
    std::vector<std::string> words_;
    std::vector<char*> pointers_;
};

[[noreturn]] void fail(const command& what, int error, const std::string& part) {
    throw_errno(error, "cannot run '" + what.program() + "'" + part);
}

unique_fd open_directory(const command& what) {
    if (what.directory().empty()) return unique_fd();
    unique_fd opened(::open(what.directory().c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (opened.get() < 0) fail(what, errno, " in '" + what.directory() + "'");
    return lift(std::move(opened), first_free);
}

/// 0 where the file can be executed, else why not.
int executable_error(int directory, const std::string& path) {
    struct stat about {};
    if (::fstatat(directory, path.c_str(), &about, 0) != 0) return errno;
    if (!S_ISREG(about.st_mode)) return EACCES;
    return ::faccessat(directory, path.c_str(), X_OK, AT_EACCESS) == 0 ? 0 : errno;
}

/// The directories that a name is looked for in.
std::string search_path(const std::vector<std::string>& environment) {
    for (const std::string& each : environment)
        if (each.starts_with("PATH=")) return each.substr(5);
    return "/usr/local/bin:/usr/bin:/bin";
}

std::string find_program(const command& what, const std::vector<std::string>& environment, int directory) {
    const std::string& name = what.program();
    if (name.empty()) fail(what, ENOENT, "");
    if (name.find('/') != std::string::npos) return name;
    const std::string path = search_path(environment);
    int cause = ENOENT;
    for (std::size_t begin = 0; begin <= path.size();) {
        const std::size_t end = std::min(path.find(':', begin), path.size());
        const std::string folder = end > begin ? path.substr(begin, end - begin) : ".";
        begin = end + 1;
        std::string candidate = folder + '/' + name;
        const int error = executable_error(directory, candidate);
        if (error == 0) return candidate;
        // As execvp: one that may not be run says more than all those that are not there.
        if (error == EACCES) cause = error;
    }
    fail(what, cause, "");
}

/// A standard stream of the child: what it needs to stay open until the child has started.
class stream_setup {
  public:
    stream_setup(const command& what, const std::optional<redirect>& wanted, int target)
        : target_(target)
        , wanted_(wanted.value_or(redirect::inherit())) {
        using kind = redirect::kind;
        const bool is_input = target == STDIN_FILENO;
        if (wanted_.what() == kind::to_output && target != STDERR_FILENO)
            throw usage_error("command: redirect::to_output() is for the error output");
        if (wanted_.what() == kind::pipe) {
            auto pipe = make_pipe(is_input ? pipe_use::child_reads : pipe_use::child_writes, first_free);
            ours_ = std::move(pipe.ours);
            theirs_ = std::move(pipe.theirs);
        } else if (wanted_.what() == kind::descriptor) {
            theirs_ = unique_fd(::fcntl(wanted_.number(), F_DUPFD_CLOEXEC, first_free));
            if (theirs_.get() < 0) fail(what, errno, " with descriptor " + std::to_string(wanted_.number()));
        } else if (wanted_.what() == kind::file || wanted_.what() == kind::append) {
            const int ending = wanted_.what() == kind::append ? O_APPEND : O_TRUNC;
            const int flags = is_input ? O_RDONLY : O_WRONLY | O_CREAT | ending;
            unique_fd opened(::open(wanted_.path().c_str(), flags | O_CLOEXEC | O_NOCTTY, 0666));
            if (opened.get() < 0) fail(what, errno, " with '" + wanted_.path() + "'");
            theirs_ = lift(std::move(opened), first_free);
        }
    }

    void add_to(spawn_actions& actions) const {
        if (theirs_.get() >= 0)
            actions.give(theirs_.get(), target_);
        else if (wanted_.what() == redirect::kind::null)
            actions.open_null(target_, target_ == STDIN_FILENO ? O_RDONLY : O_WRONLY);
        else if (wanted_.what() == redirect::kind::to_output)
            actions.give(STDOUT_FILENO, target_);
    }
    unique_fd take_ours() noexcept { return std::move(ours_); }

  private:
    int target_;
    redirect wanted_;
    unique_fd ours_;
    unique_fd theirs_;
};

} // namespace

started_command start_command(const command& what) {
    const exec_words environment(what.environment());
    std::vector<std::string> words{what.program()};
    words.insert(words.end(), what.arguments().begin(), what.arguments().end());
    const exec_words arguments(std::move(words));

    const unique_fd directory = open_directory(what);
    const int search_from = directory.get() >= 0 ? directory.get() : AT_FDCWD;
    const std::string path = find_program(what, environment.words(), search_from);

    stream_setup input(what, what.input(), STDIN_FILENO);
    stream_setup output(what, what.output(), STDOUT_FILENO);
    stream_setup error_output(what, what.error_output(), STDERR_FILENO);
    spawn_actions actions;
    if (directory.get() >= 0) actions.enter_directory(directory.get());
    input.add_to(actions);
    output.add_to(actions);
    error_output.add_to(actions);
    actions.close_from(first_free);

    started_command made;
    try {
        const spawn_attributes attributes(what.has_own_group());
        made.process = spawn_process(path.c_str(), actions, attributes, arguments.get(), environment.get());
    } catch (const std::system_error& error) {
        const int cause = error.code().value();
        const bool lacks_interpreter = cause == ENOENT && executable_error(search_from, path) == 0;
        fail(what, cause, lacks_interpreter ? " (is the interpreter there that its first line names?)" : "");
    }
    made.input = input.take_ours();
    made.output = output.take_ours();
    made.error_output = error_output.take_ours();
    return made;
}

} // namespace tandem::detail
