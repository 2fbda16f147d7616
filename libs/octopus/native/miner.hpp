// Threads that search nonces with a data set in memory.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "data-set-view.hpp"
#include "full-kernel.hpp"

namespace octopus {

/// What to search. Nonces from `start`, rounded down to a multiple of 32, on (mod 2^64).
struct MinerWork {
    /// The caller's own number, given back with what is found.
    std::uint64_t id;
    Header header;
    std::uint8_t limit[hash_bytes];
    std::uint64_t start;
};

struct MinerHit {
    std::uint64_t work_id;
    FullHit found;
};

/// Where hits go. Called on the miner's threads, several at once; hits of earlier work may still come for a millisecond.
class HitSink {
public:
    virtual void take(const MinerHit& hit) noexcept = 0;

protected:
    ~HitSink() = default;
};

class FullMiner {
public:
    /// Starts `threads` threads, each bound to a processor of its own if `pinned`; they wait for work.
    /// Throws std::bad_alloc and std::system_error. The sink outlives the miner.
    FullMiner(const FullKernel& kernel, std::uint32_t threads, bool pinned, HitSink& sink);
    ~FullMiner();
    FullMiner(const FullMiner&) = delete;
    FullMiner& operator=(const FullMiner&) = delete;

    /// Turns all threads to this work, within a block of each: a millisecond, on AVX-512.
    void set_work(const DataSetView& data, const MinerWork& work) noexcept;

    /// Returns when no thread uses the data set any more, nor will before the next set_work.
    void pause() noexcept;

    std::uint32_t threads() const noexcept { return static_cast<std::uint32_t>(lanes_.size()); }
    /// Nonces that a thread has hashed, since the start.
    std::uint64_t hashes(std::uint32_t thread) const noexcept { return lanes_[thread]->hashes; }

private:
    struct FreeSearcher {
        void operator()(void* memory) const noexcept;
    };

    /// Searches every lanes_.size()-th block, from its index on.
    struct Lane {
        std::uint32_t index;
        std::unique_ptr<void, FreeSearcher> searcher;
        std::unique_ptr<FullHit[]> hits;
        alignas(64) std::atomic<std::uint64_t> hashes{0};
        std::thread thread;
    };

    void run(Lane& lane) noexcept;
    void search(Lane& lane, std::uint64_t version, const DataSetView& data, const MinerWork& work) noexcept;
    void stop() noexcept;

    const FullKernel& kernel_;
    HitSink& sink_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::condition_variable idle_;
    DataSetView data_{};
    MinerWork work_{};
    bool has_work_ = false;
    bool stopping_ = false;
    std::uint32_t busy_ = 0;
    /// Changes with every set_work, pause and stop; looked at between blocks, without the lock.
    std::atomic<std::uint64_t> version_{0};
    std::vector<std::unique_ptr<Lane>> lanes_;
};

}  // namespace octopus
