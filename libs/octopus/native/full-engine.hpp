// A data set, what builds it, and the threads that mine with it.
#pragma once

#include <atomic>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "data-set.hpp"
#include "miner.hpp"

namespace octopus {

enum class DataSetState : std::uint8_t { none, building, ready, failed };

struct FullStatus {
    DataSetState state;
    std::uint32_t stage;
    std::uint32_t pages;
    std::uint64_t built_pages;
    /// Of a failed build; `built` otherwise.
    BuildResult result;
    MemoryNeed memory;
};

/// The caller's thread only.
class FullEngine final : private HitSink {
public:
    /// Throws std::bad_alloc and std::system_error.
    FullEngine(const Kernel& kernel, const FullKernel& full, std::uint32_t threads, bool pinned)
        : kernel_{kernel}, threads_{threads}, miner_{full, threads, pinned, *this} {}
    ~FullEngine() { close(); }

    /// Stops mining, frees the data set and begins to build that of a stage, or its first `pages` pages; at most
    /// max_stage. False while one is being built. Throws std::system_error without a thread.
    bool build(std::uint32_t stage, std::uint32_t pages);

    FullStatus status() const;

    /// False unless the data set is ready.
    bool set_work(const MinerWork& work);
    void pause() noexcept { miner_.pause(); }

    /// What was found since the last call; of more than 1024 the first ones.
    std::vector<MinerHit> take_hits();

    std::uint32_t threads() const noexcept { return threads_; }
    std::uint64_t hashes(std::uint32_t thread) const noexcept { return miner_.hashes(thread); }

    /// Ends mining and building, within some 10 ms, and frees the data set. Nothing can be built any more.
    void close() noexcept;

private:
    void take(const MinerHit& hit) noexcept override;
    void run_build() noexcept;

    const Kernel& kernel_;
    const std::uint32_t threads_;
    DataSet data_;
    std::thread builder_;
    std::uint32_t stage_ = 0;
    std::uint32_t pages_ = 0;
    MemoryNeed memory_{};
    BuildResult result_ = BuildResult::built;
    /// The builder's last word: what it wrote before is seen by whoever reads it.
    std::atomic<DataSetState> state_{DataSetState::none};
    /// The kernel reads it atomically.
    bool closed_ = false;
    std::mutex hits_mutex_;
    std::vector<MinerHit> hits_;
    /// Last, so that its threads end before what they use does.
    FullMiner miner_;
};

}  // namespace octopus
