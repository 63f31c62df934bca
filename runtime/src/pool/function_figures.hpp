// What a pool knows of each function that it has been given to run.
#pragma once
#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "pool/job_figures.hpp"
#include <tandem/pool/call.hpp>

namespace tandem::detail {

/// The figures of one function's jobs, and how long the next of them will take. Single calls of a function
/// and chunks of a map over it are two entries: they take times of different sizes.
class function_figures : public job_figures {
  public:
    explicit function_figures(const encoded_call& call);

    /// A call of it ran so long. The mean follows changes: an eighth of the way with each call.
    void note_run(duration wait, duration run, std::size_t items) noexcept;

    /// A call of it killed its worker. Returns how many did since one ended otherwise.
    unsigned note_death() noexcept { return ++deaths_; }

    /// How long a call with so many items (0: a single call) is going to run, by what others took; empty
    /// where none has ended yet.
    std::optional<duration> expected_time(std::size_t items) const noexcept;

    /// The function as `describe_call` has it. Looked up when it is first asked for, in the symbols of the
    /// function's module: too slow to be done for each. Not thread safe.
    const std::string& name() const;

  private:
    const void* function_;
    /// As the compiler has it; empty where `function_` says what is called. Its own copy: the library that a
    /// type_info belongs to may be unloaded.
    std::string closure_;
    bool is_chunk_;
    mutable std::string name_;
    /// In a row.
    unsigned deaths_ = 0;
    published<std::uint64_t> runs_;
    /// For a chunk, of one item.
    published<duration::rep> mean_;
};

/// The functions of a pool. Looking one up is for the loop's thread, and takes no lock; going through them is
/// for any thread.
class function_book {
  public:
    /// The entry of the function that `call` calls. It stays where it is for as long as the book.
    function_figures& of(const encoded_call& call);

    /// Calls `use(figures, name)` for each, in the order of their first calls. Names differ: of two functions
    /// with one name the second is called "name #2".
    template <class Use> void for_each(Use use) const {
        const std::lock_guard lock(access_);
        for (std::size_t index = 0; index < in_order_.size(); ++index)
            use(static_cast<const function_figures&>(*in_order_[index]), unique_name(index));
    }

  private:
    struct key {
        const void* what;
        bool is_chunk;
        bool operator==(const key&) const noexcept = default;
    };
    struct key_hash {
        std::size_t operator()(const key& of) const noexcept {
            // Functions begin at multiples of 16.
            return (reinterpret_cast<std::size_t>(of.what) >> 4) * 2 + of.is_chunk;
        }
    };
    const std::string& unique_name(std::size_t index) const;

    /// Held by the loop's thread where it adds an entry, by others where they read.
    mutable std::mutex access_;
    std::unordered_map<key, function_figures*, key_hash> found_;
    std::vector<std::unique_ptr<function_figures>> in_order_;
    /// Of as many entries as have been asked for.
    mutable std::vector<std::string> names_;
};

} // namespace tandem::detail
