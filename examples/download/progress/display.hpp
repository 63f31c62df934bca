// How tandem-get shows what it does.
#pragma once
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "download/progress/run_state.hpp"
#include <tandem/coro/task.hpp>

/// In which form: `--progress`.
enum class progress_form {
    bars,  ///< a bar for each file under way and one for all, on a terminal
    plain, ///< a line for each file that is complete or has failed
    json,  ///< a JSON object on a line for each event
    none,  ///< failures and messages alone
    silent ///< nothing but what was asked for on standard output
};

/// Bars where standard error is a terminal that can move its cursor (TERM says dumb, or nothing, for one that
/// cannot), else plain lines.
progress_form form_for_user();

/// Is told of everything that happens to the files of a run, and shows it on standard error; the results of
/// steps, which are what the user asked for, go to standard output. What it is told costs little, whatever it
/// shows: frames are drawn by the clock (`draw`), not by events.
///
///     auto shown = make_display(form_for_user());
///     co_await show_while(*shown, all_downloads(*shown));
///     shown->finish();
///
/// May be called by several threads at a time.
class display {
  public:
    display();
    virtual ~display() = default;
    display(const display&) = delete;
    display& operator=(const display&) = delete;

    /// So many files there will be in all, if somebody knows: then there is a total to be complete. 0 where
    /// nobody does any more.
    void expect(std::uint64_t files);

    /// A file is going to be asked for. `url` has no user and password in it (`url::to_string`). Each file
    /// that has begun ends with `done` or `failed`, unless it is cancelled.
    file_id begin(std::string_view url);
    /// What `download_options::on_progress` says of it.
    void progress(file_id file, const tandem::http::download_progress& now);
    /// It is there, and one of the steps of `--then` has begun on it.
    void step(file_id file, std::string_view name);
    /// It is complete, with all its steps.
    void done(file_id file, const tandem::http::downloaded& what);
    /// It, or a step on it, has failed: `why` names the URL and the cause, as the errors of tandem::http do.
    /// `exit_code` is the program's for such a failure.
    void failed(file_id file, std::string_view why, int exit_code = 1);
    /// A failure of what never became a file: a text that is no URL.
    void failed(std::string_view why, int exit_code = 1);
    /// A failure of the run itself, which is none of its files'.
    void trouble(std::string_view why, int exit_code);

    /// Anything else that the user is to know.
    void message(std::string_view text);
    /// A line, or several, for standard output; made printable where that is a terminal.
    void result(std::string_view line);

    /// Shows how things are now, where the form does that; what is not drawn costs nothing.
    void draw();
    /// All is over: shows what it has come to. Nothing is shown after that.
    void finish();

    /// That of a file under way.
    std::string url(file_id file) const;
    /// How many files are complete, and how many have failed.
    std::uint64_t saved() const;
    std::uint64_t failures() const;
    /// The program's: 0 where nothing failed, where all failures have one code that, else 1.
    int exit_code() const;

  protected:
    /// What the forms do about it; the state has changed already, and nobody else is in here.
    virtual void show_begin(const run_state::file&) {}
    virtual void show_progress(const run_state::file&) {}
    virtual void show_retry(const run_state::file&) {}
    virtual void show_step(const run_state::file&) {}
    virtual void show_done(const run_state::file&, const tandem::http::downloaded&) {}
    /// `which` is null where there never was a file.
    virtual void show_failed(const run_state::file* which, std::string_view why, int exit_code) = 0;
    virtual void show_message(std::string_view text) = 0;
    virtual void show_result(std::string_view line);
    virtual void show_frame() {}
    virtual void show_end() = 0;

    const run_state& run() const noexcept { return run_; }
    run_state& run() noexcept { return run_; }

  private:
    void note_failure(int exit_code) noexcept;

    mutable std::mutex access_;
    run_state run_;
    bool is_finished_ = false;
    /// What exit_code gives.
    int exit_code_ = 0;
};

std::unique_ptr<display> make_display(progress_form form);

/// Runs `work`, and has the display drawn ten times a second meanwhile.
tandem::task<> show_while(display& shown, tandem::task<> work);

/// Shows the program's log as messages of a display while it lives, so that they do not meet with bars. One
/// at a time.
class log_on_display {
  public:
    explicit log_on_display(display& shown);
    ~log_on_display();
    log_on_display(const log_on_display&) = delete;
    log_on_display& operator=(const log_on_display&) = delete;
};
