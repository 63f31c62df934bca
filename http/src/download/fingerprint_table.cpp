#include "fingerprint_table.hpp"

#include <algorithm>
#include <new>
#include <utility>

#include <sys/mman.h>

namespace tandem::http::detail {

namespace {

__extension__ using wide = unsigned __int128;

constexpr std::size_t first_homes = 64;
constexpr fingerprint empty{};

/// Not by ==, which g++ 12 makes a call of memcmp.
bool is_empty(const fingerprint& cell) noexcept {
    return (cell[0] | cell[1] | cell[2]) == 0;
}

} // namespace

fingerprint_table::~fingerprint_table() {
    clear();
}

void fingerprint_table::clear() noexcept {
    if (cells_) ::munmap(cells_, memory());
    cells_ = nullptr;
    homes_ = 0;
    size_ = 0;
}

bool fingerprint_table::insert(const fingerprint& one) {
    if (size_ * 100 >= homes_ * 85) grow();
    for (;;) {
        const auto at = place_of(one);
        if (cells_[at] == one) return false;
        auto end = at;
        while (!is_empty(cells_[end]))
            ++end;
        // The last cell stays empty, so that each search ends.
        if (end + 1 == count()) {
            grow();
            continue;
        }
        std::copy_backward(cells_ + at, cells_ + end, cells_ + end + 1);
        cells_[at] = one;
        ++size_;
        return true;
    }
}

bool fingerprint_table::contains(const fingerprint& one) const noexcept {
    return size_ > 0 && cells_[place_of(one)] == one;
}

/// Homes are in the order of fingerprints, which therefore stay in theirs when the table grows.
std::size_t fingerprint_table::home_of(const fingerprint& one) const noexcept {
    const auto high = std::uint64_t{one[0]} << 32 | one[1];
    return static_cast<std::size_t>(wide{high} * homes_ >> 64);
}

std::size_t fingerprint_table::place_of(const fingerprint& one) const noexcept {
    auto at = home_of(one);
    while (!is_empty(cells_[at]) && cells_[at] < one)
        ++at;
    return at;
}

void fingerprint_table::grow() {
    do {
        const auto homes = homes_ == 0 ? first_homes : homes_ + homes_ / 4;
        const auto size = (homes + spill) * sizeof(fingerprint);
        void* const larger =
            cells_ ? ::mremap(cells_, memory(), size, MREMAP_MAYMOVE)
                   : ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (larger == MAP_FAILED) throw std::bad_alloc();
        cells_ = static_cast<fingerprint*>(larger);
        homes_ = homes;
        gather();
    } while (!spread());
}

/// Moves all to the table's end, but for the last cell.
void fingerprint_table::gather() noexcept {
    auto to = count() - 1;
    for (auto from = to; from-- > 0;)
        if (!is_empty(cells_[from])) cells_[--to] = std::exchange(cells_[from], empty);
}

/// Moves all from there to their homes or behind. Returns false where one would have to go behind those that
/// have still to be moved, which takes more luck than there is; they are in order all the same.
bool fingerprint_table::spread() noexcept {
    std::size_t next = 0;
    for (auto from = count() - 1 - size_; from + 1 < count(); ++from) {
        const auto to = std::max(home_of(cells_[from]), next);
        if (to > from) return false;
        cells_[to] = std::exchange(cells_[from], empty);
        next = to + 1;
    }
    return true;
}

} // namespace tandem::http::detail
