// Threads that hash. Batches come from any thread, their hashes wait in one bounded queue in which callers take turns,
// and every hash joins those under way within microseconds: a lone one is never kept waiting for company.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "fair-queue.hpp"
#include "light-cache.hpp"

namespace octopus {

/// One hash to judge, as it comes packed from JavaScript.
struct Item {
    std::uint8_t header_hash[hash_bytes];
    /// 256 bits, big-endian.
    std::uint8_t nonce[hash_bytes];
    /// 256 bits, big-endian.
    std::uint8_t boundary[hash_bytes];
    /// The caller's concern: all items of a batch are hashed with the batch's cache.
    std::uint64_t height;
};
static_assert(sizeof(Item) == 104);

enum class Verdict : std::uint8_t { above = 0, below = 1, unchecked = 2 };

struct Result {
    Verdict verdict;
    std::uint8_t hash[hash_bytes];
};
static_assert(sizeof(Result) == 1 + hash_bytes);

/// (hash - (nonce and (2^255 - 2^128))) mod 2^256 < boundary, or boundary = 2^256 - 1: the rule of Conflux.
Verdict judge(const Item& item, const std::uint8_t (&hash)[hash_bytes]) noexcept;

/// Work for the pool; it must live until ended() is called.
class Work {
public:
    Work() = default;
    Work(const Work&) = delete;
    Work& operator=(const Work&) = delete;
    virtual ~Work() = default;

    /// All of it is done or given up. Called once, on a thread of the pool or the one that submits or closes.
    virtual void ended() noexcept = 0;
};

/// Hashes that were asked for together: items and as many results.
class Batch : public Work {
public:
    CachePointer cache;
    std::uint64_t caller = 0;
    std::vector<Item> items;
    std::vector<Result> results;

private:
    friend class HashPool;
    std::atomic<std::uint32_t> left_{0};
};

/// Nonces start, start + 1, ... (mod 2^64), at most count; looks for the first whose hash is not above limit. Threads
/// turn to searches only while no batch waits.
class Search : public Work {
public:
    CachePointer cache;
    std::uint8_t header_hash[hash_bytes];
    std::uint64_t start = 0;
    std::uint64_t count = 0;
    /// 256 bits, big-endian.
    std::uint8_t limit[hash_bytes];

    static constexpr std::uint64_t not_found = ~std::uint64_t{0};
    /// Set before ended(): the distance of the found nonce from start, and its hash.
    std::uint64_t found = not_found;
    std::uint8_t hash[hash_bytes];
    /// Set when the pool was closed before the search was over.
    bool stopped = false;

private:
    friend class HashPool;
    std::uint64_t next_ = 0;
    std::uint64_t under_way_ = 0;
};

struct PoolStats {
    std::uint64_t queued;
    std::uint64_t running;
    /// Hashes computed since the start, thread by thread.
    std::vector<std::uint64_t> hashes;
};

struct PoolOptions {
    /// At least 1.
    std::uint32_t threads = 1;
    /// Hashes that may wait, at least 1.
    std::uint32_t capacity = 4096;
    /// Binds thread i to the i-th processor that this process may use, where the system allows it.
    bool pinned = false;
};

class HashPool {
public:
    /// The kernel must outlive the pool. Throws std::system_error when the system gives no threads.
    HashPool(const Kernel& kernel, const PoolOptions& options);
    ~HashPool();
    HashPool(const HashPool&) = delete;
    HashPool& operator=(const HashPool&) = delete;

    /// Results of items that found no place in the queue, or lost theirs to other callers, say `unchecked`.
    void submit(Batch& batch) noexcept;
    void submit(Search& search) noexcept;

    /// Gives up what waits (`unchecked`, `stopped`), waits for what runs: about a millisecond. May be called again.
    void close() noexcept;

    PoolStats stats() const;

private:
    class Worker;
    struct Waiting {
        Batch* batch;
        std::uint32_t index;
    };

    struct alignas(64) Counters {
        std::atomic<std::uint64_t> hashes{0};
    };

    void run(Counters& counters) noexcept;
    void settle(Batch& batch, std::uint32_t index, const std::uint8_t* hash) noexcept;

    const Kernel& kernel_;
    mutable std::mutex mutex_;
    std::condition_variable work_came_;
    FairQueue<Waiting> waiting_;
    std::deque<Search*> searches_;
    bool closed_ = false;
    /// Whether take() would find something; spares the lock when it would not.
    std::atomic<bool> has_work_{false};
    std::atomic<std::uint64_t> running_{0};
    std::vector<Counters> counters_;
    std::vector<std::thread> threads_;
};

}  // namespace octopus
