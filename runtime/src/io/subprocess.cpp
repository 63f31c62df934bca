#include <tandem/io/subprocess.hpp>

#include <csignal>

#include "io/child_state.hpp"

namespace tandem {

subprocess::subprocess(const command& what)
    : state_(std::make_shared<detail::child_state>(what)) {}

subprocess::~subprocess() {
    if (state_) state_->abandon();
}

int subprocess::pid() const noexcept {
    return state_->pid();
}

byte_stream& subprocess::input() {
    return state_->input();
}

byte_stream& subprocess::output() {
    return state_->output();
}

byte_stream& subprocess::error_output() {
    return state_->error_output();
}

task<exit_status> subprocess::wait() {
    return detail::starting_always(detail::child_state::wait(state_));
}

task<exit_status> subprocess::stop() {
    return shield(detail::child_state::stop(state_));
}

bool subprocess::signal(int number) noexcept {
    return state_->signal(number);
}

bool subprocess::terminate() noexcept {
    return signal(SIGTERM);
}

bool subprocess::kill() noexcept {
    return signal(SIGKILL);
}

std::optional<exit_status> subprocess::status() const noexcept {
    return state_->status();
}

} // namespace tandem
