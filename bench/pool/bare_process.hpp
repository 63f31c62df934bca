// This program once more, which does nothing but say that it is there: the floor of starting a worker.
#pragma once

namespace bench {

/// Started like a worker, from this program's file. Killed and reaped by the destructor.
class bare_process {
  public:
    /// Throws std::system_error.
    bare_process();
    ~bare_process();
    bare_process(const bare_process&) = delete;
    bare_process& operator=(const bare_process&) = delete;

    /// Returns when its main has been reached.
    void wait_until_there() const;

  private:
    int pid_ = 0;
    int socket_ = -1;
};

/// To be called first in main: the process's part, from which it does not return. Returns at once where the
/// program was started by somebody else.
void be_bare_process(int argc, char** argv);

} // namespace bench
