// The data set of a stage in memory: 4.3 GB and 16 MiB more per stage.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>

#include "data-set-view.hpp"
#include "light-cache.hpp"

namespace octopus {

enum class BuildResult : std::uint8_t {
    built,
    /// memory() says how much it takes and how much there is.
    no_memory,
    /// The system gave no thread.
    no_threads,
    cancelled,
    /// A sample is not what the light algorithm gives: memory or processor are broken, or the kernel is.
    wrong,
};

struct MemoryNeed {
    std::uint64_t needed;
    /// Nothing where the system does not tell: then building is tried.
    std::optional<std::uint64_t> available;

    bool is_met() const noexcept { return !available || needed <= *available; }
};

/// What building `pages` pages takes, with some memory left for everything else.
MemoryNeed memory_for_pages(std::uint64_t pages);

/// One node by the definition, a word at a time.
Node data_set_node(const LightView& cache, std::uint32_t index) noexcept;

/// One data set at a time. Building and releasing are one thread's; progress and cancelling anyone's.
class DataSet {
public:
    DataSet() = default;
    DataSet(const DataSet&) = delete;
    DataSet& operator=(const DataSet&) = delete;

    /// Frees what there is, then builds the first `pages` pages with `threads` threads (at least one) and compares
    /// samples with data_set_node. `pages` is the whole stage but in tests; the view's hashes are then those of a cache
    /// whose page_modulus is that number. No node is read by view() before all are built.
    BuildResult build(const Kernel& kernel, const LightView& cache, std::uint32_t pages, std::uint32_t threads) noexcept;

    /// Makes a build end within some 10 ms, also one that has not begun, until allow() is called.
    void cancel() noexcept { cancelled_ = true; }
    void allow() noexcept { cancelled_ = false; }

    /// Pages that are done, from 0 to the number to build.
    std::uint64_t built_pages() const noexcept { return built_pages_; }
    /// Before a build that another thread will begin, so that nobody sees the last one's progress.
    void reset_progress() noexcept { built_pages_ = 0; }

    /// Nothing unless the last build returned `built`. Valid until the next build or release.
    std::optional<DataSetView> view() const noexcept;

    void release() noexcept;

private:
    void fill(const Kernel& kernel, const LightView& cache, std::uint32_t pages) noexcept;
    bool samples_are_right(const LightView& cache, std::uint32_t pages) const noexcept;

    NodeMemory nodes_;
    std::uint32_t pages_ = 0;
    std::atomic<std::uint64_t> next_page_{0};
    std::atomic<std::uint64_t> built_pages_{0};
    std::atomic<bool> cancelled_{false};
};

}  // namespace octopus
