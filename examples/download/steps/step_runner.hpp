// The half of a run that works on files which have come.
#pragma once
#include <cstddef>
#include <string>
#include <vector>

#include "download/progress/display.hpp"
#include "download/steps/work.hpp"
#include <tandem/coro/task_group.hpp>
#include <tandem/http/downloaded.hpp>
#include <tandem/pool/process_pool.hpp>
#include <tandem/sync/semaphore.hpp>

/// Does the steps of `--then` with each file, in their order, several files at a time, while further ones are
/// being downloaded.
///
/// Neither half gets far ahead of the other: a download that is done waits, and keeps its place among the
/// downloads, until fewer than `most_files` files are in their steps. So there are never more than those
/// and one for each download that have come and are not done. The pool's workers are as many as there are
/// cores; `most_files` is twice that, so that none waits for work.
///
/// A failure, a worker's death too, fails that file, which stays where it is, and no other. Belongs to the
/// loop's thread.
class step_runner {
  public:
    /// `cpu` may be null: then the loop's thread does them itself. All has to outlive the group below.
    step_runner(display& shown, std::vector<step> steps, tandem::process_pool* cpu,
                std::size_t most_files = default_most_files());

    /// Takes over a file that is complete, and tells the display of its end; the steps are tasks of `group`.
    /// Returns when there was room for it, which is at once if there are no steps, or the file was there
    /// before: then there are none to do.
    tandem::task<> take(tandem::task_group& group, file_id file, tandem::http::downloaded what);

    static std::size_t default_most_files();

  private:
    tandem::task<> work_on(file_id file, tandem::http::downloaded what, tandem::semaphore::permit place);

    display& shown_;
    const std::vector<step> steps_;
    tandem::process_pool* cpu_;
    tandem::semaphore places_;
};

/// Does the steps with one file, and tells the display of each and of the file's end. What the other forms of
/// a run have in common with step_runner.
tandem::task<> finish_file(display& shown, const std::vector<step>& steps, file_id file,
                           tandem::http::downloaded what, tandem::process_pool* cpu);
