// Numbers that tell apart the workers of a pool that live at the same time.
#pragma once
#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

namespace tandem::detail {

/// The number of a worker: no other has it for as long as this is kept.
class worker_place {
  public:
    worker_place() noexcept = default;
    worker_place(worker_place&& other) noexcept
        : taken_(std::move(other.taken_))
        , number_(other.number_) {}
    worker_place& operator=(worker_place&& other) noexcept {
        std::swap(taken_, other.taken_);
        std::swap(number_, other.number_);
        return *this;
    }
    ~worker_place() {
        if (taken_) (*taken_)[number_] = false;
    }
    unsigned number() const noexcept { return number_; }

  private:
    friend class worker_places;

    std::shared_ptr<std::vector<bool>> taken_;
    unsigned number_ = 0;
};

/// Gives the lowest number that is free.
class worker_places {
  public:
    worker_place take() {
        const auto free = std::find(taken_->begin(), taken_->end(), false);
        worker_place place;
        place.number_ = static_cast<unsigned>(free - taken_->begin());
        if (free == taken_->end())
            taken_->push_back(true);
        else
            *free = true;
        place.taken_ = taken_;
        return place;
    }

  private:
    std::shared_ptr<std::vector<bool>> taken_ = std::make_shared<std::vector<bool>>();
};

} // namespace tandem::detail
