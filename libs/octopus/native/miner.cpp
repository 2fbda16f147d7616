#include "miner.hpp"

#include <cstdlib>
#include <new>

#ifdef __linux__
#include <sys/mman.h>
#endif

#include "threads.hpp"

namespace octopus {

namespace {

constexpr std::size_t huge_page_bytes = std::size_t{1} << 21;

// A searcher is a megabyte that is used all the time: one 2 MiB page.
void* allocate_searcher(std::size_t bytes) {
    const std::size_t rounded = (bytes + huge_page_bytes - 1) / huge_page_bytes * huge_page_bytes;
    void* const memory = std::aligned_alloc(huge_page_bytes, rounded);
    if (memory == nullptr) throw std::bad_alloc{};
#ifdef __linux__
    madvise(memory, rounded, MADV_HUGEPAGE);
#endif
    return memory;
}

}  // namespace

void FullMiner::FreeSearcher::operator()(void* memory) const noexcept { std::free(memory); }

FullMiner::FullMiner(const FullKernel& kernel, std::uint32_t threads, bool pinned, HitSink& sink)
    : kernel_{kernel}, sink_{sink} {
    lanes_.reserve(threads);
    for (std::uint32_t i = 0; i < threads; ++i) {
        Lane& lane = *lanes_.emplace_back(std::make_unique<Lane>());
        lane.index = i;
        lane.searcher.reset(allocate_searcher(kernel.bytes));
        lane.hits = std::make_unique<FullHit[]>(kernel.nonces);
    }
    try {
        for (const auto& lane : lanes_) {
            lane->thread = std::thread{[this, &lane] { run(*lane); }};
            if (pinned) pin(lane->thread, lane->index);
        }
    } catch (...) {
        stop();
        throw;
    }
}

FullMiner::~FullMiner() { stop(); }

void FullMiner::stop() noexcept {
    {
        const std::lock_guard lock{mutex_};
        stopping_ = true;
        has_work_ = false;
        ++version_;
    }
    changed_.notify_all();
    for (const auto& lane : lanes_)
        if (lane->thread.joinable()) lane->thread.join();
}

void FullMiner::set_work(const DataSetView& data, const MinerWork& work) noexcept {
    {
        const std::lock_guard lock{mutex_};
        data_ = data;
        work_ = work;
        work_.start = work.start / warp * warp;
        has_work_ = true;
        ++version_;
    }
    changed_.notify_all();
}

void FullMiner::pause() noexcept {
    std::unique_lock lock{mutex_};
    has_work_ = false;
    ++version_;
    idle_.wait(lock, [this] { return busy_ == 0; });
}

void FullMiner::run(Lane& lane) noexcept {
    // On this thread, so that a system with several memories gives the nearest.
    kernel_.open(lane.searcher.get());
    std::unique_lock lock{mutex_};
    while (true) {
        changed_.wait(lock, [this] { return stopping_ || has_work_; });
        if (stopping_) return;
        const std::uint64_t version = version_;
        const DataSetView data = data_;
        const MinerWork work = work_;
        ++busy_;
        lock.unlock();
        search(lane, version, data, work);
        lock.lock();
        if (--busy_ == 0) idle_.notify_all();
    }
}

void FullMiner::search(Lane& lane, std::uint64_t version, const DataSetView& data, const MinerWork& work) noexcept {
    kernel_.set_header(lane.searcher.get(), work.header);
    const std::uint64_t stride = std::uint64_t{kernel_.nonces} * lanes_.size();
    std::uint64_t first = work.start + std::uint64_t{kernel_.nonces} * lane.index;
    for (; version_.load(std::memory_order_relaxed) == version; first += stride) {
        const std::uint32_t count = kernel_.search(lane.searcher.get(), data, first, work.limit, lane.hits.get());
        for (std::uint32_t i = 0; i < count; ++i) sink_.take({work.id, lane.hits[i]});
        lane.hashes.fetch_add(kernel_.nonces, std::memory_order_relaxed);
    }
}

}  // namespace octopus
