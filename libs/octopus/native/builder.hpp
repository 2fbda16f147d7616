// Threads that build light caches, so that nothing else ever waits for one: one for what is needed now, one of low
// priority for what will be.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <string>
#include <thread>

#include "light-cache.hpp"

namespace octopus {

/// A light cache to get; it must live until ended() is called.
class Build {
public:
    Build(std::uint32_t stage, bool ahead) noexcept : stage{stage}, ahead{ahead} {}
    Build(const Build&) = delete;
    Build& operator=(const Build&) = delete;
    virtual ~Build() = default;

    /// Called once, on a builder's thread or the one that submits or closes.
    virtual void ended() noexcept = 0;

    const std::uint32_t stage;
    /// Nobody waits for it yet.
    const bool ahead;

    /// Set before ended(). Null when the memory did not suffice or the builder was closed.
    CachePointer cache;
    bool from_file = false;
};

class CacheBuilder {
public:
    /// folder: where caches are kept between runs; empty for nowhere. Throws std::system_error without threads.
    CacheBuilder(const Kernel& kernel, std::string folder);
    ~CacheBuilder();
    CacheBuilder(const CacheBuilder&) = delete;
    CacheBuilder& operator=(const CacheBuilder&) = delete;

    /// Builds that wait together, these among them, are done side by side, kernel.caches at a time.
    void submit(Build* const* builds, std::size_t count) noexcept;

    /// Why the last file could not be written; empty when it could.
    std::string file_problem() const;

    /// Gives up what waits and what runs. May be called again.
    void close() noexcept;

private:
    struct Lane {
        std::deque<Build*> waiting;
        std::thread thread;
    };

    void run(Lane& lane) noexcept;
    void perform(Build** builds, std::uint32_t count) noexcept;
    bool is_closed() const noexcept { return __atomic_load_n(&closed_, __ATOMIC_RELAXED); }

    const Kernel& kernel_;
    const std::string folder_;
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    /// Written under the lock; kernels look at it without.
    bool closed_ = false;
    std::string file_problem_;
    Lane now_;
    Lane ahead_;
};

}  // namespace octopus
