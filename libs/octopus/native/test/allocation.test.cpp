// No allocation on the way of a share: from the submit of a prepared batch to its end, no thread asks for memory.
#include <atomic>
#include <thread>

#include "pool.hpp"
#include "small-cache.hpp"

#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define COUNTS_ALLOCATIONS 1

static std::atomic<std::uint64_t> allocations{0};

// The C library lets a program define these; operator new and the standard library come here, too.
extern "C" {
void* __libc_malloc(std::size_t bytes);
void* __libc_calloc(std::size_t count, std::size_t bytes);
void* __libc_realloc(void* memory, std::size_t bytes);
void* __libc_memalign(std::size_t alignment, std::size_t bytes);

[[gnu::visibility("default")]] void* malloc(std::size_t bytes) {
    allocations.fetch_add(1, std::memory_order_relaxed);
    return __libc_malloc(bytes);
}
[[gnu::visibility("default")]] void* calloc(std::size_t count, std::size_t bytes) {
    allocations.fetch_add(1, std::memory_order_relaxed);
    return __libc_calloc(count, bytes);
}
[[gnu::visibility("default")]] void* realloc(void* memory, std::size_t bytes) {
    allocations.fetch_add(1, std::memory_order_relaxed);
    return __libc_realloc(memory, bytes);
}
[[gnu::visibility("default")]] void* aligned_alloc(std::size_t alignment, std::size_t bytes) {
    allocations.fetch_add(1, std::memory_order_relaxed);
    return __libc_memalign(alignment, bytes);
}
}
#endif

namespace {

#ifdef COUNTS_ALLOCATIONS
using namespace octopus;

class CountedBatch final : public Batch {
public:
    void ended() noexcept override { done.store(true, std::memory_order_release); }
    std::atomic<bool> done{false};
};

TEST(none, "no allocation between the submit of batches and their end") {
    check::Random random;
    const CachePointer cache = check::random_cache(random, 1021);
    for (const Kernel* kernel : usable_kernels()) {
        PoolOptions options;
        options.threads = 2;
        HashPool pool{*kernel, options};
        std::vector<CountedBatch> batches(12);
        for (std::size_t i = 0; i < batches.size(); ++i) {
            batches[i].cache = cache;
            batches[i].caller = i % 5;
            batches[i].items.resize(i % 2 == 0 ? 1 : 30);
            batches[i].results.resize(batches[i].items.size());
            for (Item& item : batches[i].items) {
                random.fill(item.header_hash);
                random.fill(item.nonce);
            }
        }
        // Threads may allocate while they start.
        while (pool.stats().hashes.size() != 2) std::this_thread::yield();
        std::this_thread::sleep_for(std::chrono::milliseconds{20});
        const std::uint64_t before = allocations.load();
        for (CountedBatch& batch : batches) pool.submit(batch);
        for (CountedBatch& batch : batches)
            while (!batch.done.load(std::memory_order_acquire)) std::this_thread::yield();
        const std::uint64_t after = allocations.load();
        CHECK(after == before);
    }
}

TEST(counted, "the count notices an allocation") {
    const std::uint64_t before = allocations.load();
    delete new std::vector<int>(3);
    CHECK(allocations.load() > before);
}
#else
TEST(skipped, "allocations are counted with glibc and without sanitizers only: skipped") {}
#endif

}  // namespace

TEST_MAIN()
