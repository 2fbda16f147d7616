#include "full-engine.hpp"

#include <exception>
#include <utility>

namespace octopus {

namespace {

constexpr std::size_t most_hits = 1024;

}  // namespace

bool FullEngine::build(std::uint32_t stage, std::uint32_t pages) {
    if (state_ == DataSetState::building || closed_) return false;
    if (builder_.joinable()) builder_.join();
    miner_.pause();
    data_.reset_progress();
    stage_ = stage;
    pages_ = pages;
    state_ = DataSetState::building;
    try {
        builder_ = std::thread{[this] { run_build(); }};
    } catch (...) {
        state_ = DataSetState::none;
        throw;
    }
    return true;
}

void FullEngine::run_build() noexcept {
    // The data set that goes has to be away before memory is looked at.
    data_.release();
    result_ = BuildResult::no_memory;
    try {
        memory_ = memory_for_pages(pages_);
        CachePointer cache;
        if (memory_.is_met()) build_light_caches(kernel_, &stage_, 1, &cache, &closed_);
        if (cache) result_ = data_.build(kernel_, cache->view(), pages_, threads_);
        if (__atomic_load_n(&closed_, __ATOMIC_RELAXED)) result_ = BuildResult::cancelled;
    } catch (const std::exception&) {
        // No memory, be it for a file name.
    }
    state_ = result_ == BuildResult::built ? DataSetState::ready : DataSetState::failed;
}

FullStatus FullEngine::status() const {
    const DataSetState state = state_;
    const bool ended = state == DataSetState::ready || state == DataSetState::failed;
    return {state,
            stage_,
            pages_,
            data_.built_pages(),
            ended ? result_ : BuildResult::built,
            ended ? memory_ : MemoryNeed{}};
}

bool FullEngine::set_work(const MinerWork& work) {
    if (state_ != DataSetState::ready || closed_) return false;
    miner_.set_work(*data_.view(), work);
    return true;
}

std::vector<MinerHit> FullEngine::take_hits() {
    const std::lock_guard lock{hits_mutex_};
    return std::exchange(hits_, {});
}

void FullEngine::take(const MinerHit& hit) noexcept {
    try {
        const std::lock_guard lock{hits_mutex_};
        if (hits_.size() < most_hits) hits_.push_back(hit);
    } catch (const std::exception&) {
        // A hit without memory for it is lost.
    }
}

void FullEngine::close() noexcept {
    __atomic_store_n(&closed_, true, __ATOMIC_RELAXED);
    data_.cancel();
    miner_.pause();
    if (builder_.joinable()) builder_.join();
    data_.release();
    if (state_ != DataSetState::failed) state_ = DataSetState::none;
}

}  // namespace octopus
