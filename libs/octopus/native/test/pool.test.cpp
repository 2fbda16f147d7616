// The pool under many threads: every batch and search ends once, with right results or, where that is allowed, none.
#include "pool.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "naive-judge.hpp"
#include "small-cache.hpp"

namespace {

using namespace octopus;
using check::Hashed;

/// Counts what ended, for who waits for it.
class Ends {
public:
    void add() {
        const std::scoped_lock lock{mutex_};
        ++count_;
        changed_.notify_all();
    }
    void wait_for(std::uint32_t count) {
        std::unique_lock lock{mutex_};
        CHECK(changed_.wait_for(lock, std::chrono::minutes{2}, [&] { return count_ >= count; }));
        CHECK(count_ == count);
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::uint32_t count_ = 0;
};

class TestBatch final : public Batch {
public:
    TestBatch(Ends& ends, std::vector<Hashed>& hashes, std::size_t first, std::size_t count, check::Random& random)
        : ends_{ends}, hashes_{&hashes[first]} {
        caller = random.below(5);
        cache = hashes[first].cache;
        items.resize(count);
        results.resize(count);
        for (std::size_t i = 0; i < count; ++i) {
            std::memcpy(items[i].header_hash, hashes_[i].header_hash, hash_bytes);
            random.fill(items[i].nonce);
            for (std::size_t k = 0; k < 8; ++k)
                items[i].nonce[hash_bytes - 1 - k] = static_cast<std::uint8_t>(hashes_[i].nonce >> (8 * k));
            random.fill(items[i].boundary);
            results[i].verdict = static_cast<Verdict>(0xee);
        }
    }

    void ended() noexcept override {
        CHECK(!ended_.exchange(true));
        ends_.add();
    }

    /// Hashes that were made; the others must say so.
    std::size_t check_results() const {
        CHECK(ended_);
        std::size_t made = 0;
        for (std::size_t i = 0; i < items.size(); ++i) {
            if (results[i].verdict == Verdict::unchecked) continue;
            CHECK(std::memcmp(results[i].hash, hashes_[i].expected, hash_bytes) == 0);
            CHECK(results[i].verdict == naive::judge(items[i], hashes_[i].expected));
            ++made;
        }
        return made;
    }

private:
    Ends& ends_;
    const Hashed* hashes_;
    std::atomic<bool> ended_{false};
};

class TestSearch final : public Search {
public:
    TestSearch(Ends& ends, const std::vector<Hashed>& run) : ends_{ends}, run_{run} {
        cache = run[0].cache;
        std::memcpy(header_hash, run[0].header_hash, hash_bytes);
        start = run[0].nonce;
        count = asked_ = run.size();
    }

    void ended() noexcept override {
        CHECK(!ended_.exchange(true));
        ends_.add();
    }

    /// The last of the run is not asked for, but is the only one that is sure to meet the limit.
    void leave_out_the_last() {
        count = asked_ = run_.size() - 1;
        std::memcpy(limit, run_.back().expected, hash_bytes);
    }

    bool is_hit(std::size_t index) const { return std::memcmp(run_[index].expected, limit, hash_bytes) <= 0; }

    void check_result() const {
        CHECK(ended_);
        if (found != not_found) {
            CHECK(found < asked_ && is_hit(found) && std::memcmp(hash, run_[found].expected, hash_bytes) == 0);
            if (!stopped)
                for (std::size_t i = 0; i < found; ++i) CHECK(!is_hit(i));
        } else if (!stopped) {
            for (std::size_t i = 0; i < asked_; ++i) CHECK(!is_hit(i));
        }
    }

private:
    Ends& ends_;
    const std::vector<Hashed>& run_;
    std::uint64_t asked_;
    std::atomic<bool> ended_{false};
};

/// Shares of three caches, and runs of consecutive nonces, one of which passes 2^64.
struct World {
    explicit World(check::Random& random, std::size_t per_cache = 60, std::size_t run_length = 40) {
        for (int i = 0; i < 3; ++i) {
            caches.push_back(check::random_cache(random));
            shares.push_back(check::hashes_on({caches.back()}, per_cache, random));
            runs.push_back(check::hashes_on({caches.back()}, run_length, random));
            const std::uint64_t start = i == 0 ? ~std::uint64_t{0} - run_length / 2 : random.word();
            for (std::size_t k = 0; k < run_length; ++k) {
                runs.back()[k].nonce = start + k;
                std::memcpy(runs.back()[k].header_hash, runs.back()[0].header_hash, hash_bytes);
            }
            check::expect_by_scalar(shares.back());
            check::expect_by_scalar(runs.back());
        }
    }

    std::vector<CachePointer> caches;
    std::vector<std::vector<Hashed>> shares;
    std::vector<std::vector<Hashed>> runs;
};

PoolOptions options(std::uint32_t threads, std::uint32_t capacity, bool pinned = false) {
    PoolOptions chosen;
    chosen.threads = threads;
    chosen.capacity = capacity;
    chosen.pinned = pinned;
    return chosen;
}

/// What one submitting thread did.
struct Submitted {
    std::deque<TestBatch> batches;
    std::deque<TestSearch> searches;
    Ends ends;

    void submit_any(HashPool& pool, World& world, check::Random& random, std::uint32_t most) {
        const std::size_t which = random.below(world.shares.size());
        if (random.below(4) == 0) {
            TestSearch& search = searches.emplace_back(ends, world.runs[which]);
            // The hash of one of the run, or one that none meets.
            std::memcpy(search.limit, world.runs[which][random.below(search.count)].expected, hash_bytes);
            if (random.below(4) == 0) std::memset(search.limit, 0, hash_bytes);
            pool.submit(search);
        } else {
            std::vector<Hashed>& shares = world.shares[which];
            const std::size_t count = random.below(4) == 0 ? random.below(most + 1) : random.below(2);
            const std::size_t first = random.below(shares.size() - count);
            pool.submit(batches.emplace_back(ends, shares, first, count, random));
        }
    }

    void wait() { ends.wait_for(static_cast<std::uint32_t>(batches.size() + searches.size())); }

    std::size_t check_all() {
        std::size_t made = 0;
        for (const TestBatch& batch : batches) made += batch.check_results();
        for (const TestSearch& search : searches) search.check_result();
        return made;
    }

    std::size_t asked() const {
        std::size_t count = 0;
        for (const TestBatch& batch : batches) count += batch.items.size();
        return count;
    }
};

TEST(many_threads, "batches of several caches and searches from many threads") {
    check::Random random;
    World world{random};
    for (const Kernel* kernel : usable_kernels()) {
        HashPool pool{*kernel, options(3, 4096, kernel == usable_kernels().front())};
        std::deque<Submitted> submitted(4);
        std::vector<std::thread> threads;
        for (std::size_t i = 0; i < submitted.size(); ++i)
            threads.emplace_back([&, i] {
                check::Random own{100 + i};
                for (std::uint32_t k = 0; k < check::rounds(60); ++k) {
                    submitted[i].submit_any(pool, world, own, 40);
                    if (own.below(20) == 0) submitted[i].wait();
                }
                submitted[i].wait();
            });
        for (std::thread& thread : threads) thread.join();
        std::uint64_t asked = 0, made = 0, hashes = 0;
        for (Submitted& one : submitted) {
            made += one.check_all();
            asked += one.asked();
            for (const TestSearch& search : one.searches) CHECK(!search.stopped);
        }
        CHECK(made == asked);
        const PoolStats stats = pool.stats();
        for (const std::uint64_t count : stats.hashes) hashes += count;
        CHECK(stats.queued == 0 && stats.running == 0 && stats.hashes.size() == 3 && hashes >= made);
    }
}

TEST(nothing_to_do, "an empty batch and an empty search end at once") {
    check::Random random{1};
    World world{random, 2, 2};
    HashPool pool{kernel_scalar, options(1, 1)};
    Ends ends;
    TestBatch batch{ends, world.shares[0], 0, 0, random};
    pool.submit(batch);
    ends.wait_for(1);
    TestSearch search{ends, world.runs[0]};
    search.count = 0;
    std::memset(search.limit, 0xff, hash_bytes);
    pool.submit(search);
    ends.wait_for(2);
    CHECK(search.found == Search::not_found && !search.stopped);
}

TEST(first_hit, "a search answers with the first of several hits") {
    check::Random random{2};
    World world{random};
    for (const Kernel* kernel : usable_kernels()) {
        HashPool pool{*kernel, options(3, 16)};
        for (std::uint32_t round = 0; round < check::rounds(20); ++round) {
            Ends ends;
            std::deque<TestSearch> searches;
            for (const auto& run : world.runs) {
                TestSearch& search = searches.emplace_back(ends, run);
                // About half of all nonces meet it.
                std::memset(search.limit, 0x7f, hash_bytes);
                if (random.below(3) == 0) std::memcpy(search.limit, run.back().expected, hash_bytes);
                if (random.below(3) == 0) search.leave_out_the_last();
            }
            for (TestSearch& search : searches) pool.submit(search);
            ends.wait_for(static_cast<std::uint32_t>(searches.size()));
            for (TestSearch& search : searches) search.check_result();
        }
    }
}

TEST(no_further, "a search ends before the nonce after its last") {
    check::Random random{7};
    World world{random};
    // The least hash of a run goes to its end, so that no other meets the limit.
    std::vector<Hashed>& run = world.runs[1];
    std::size_t least = 0;
    for (std::size_t i = 1; i < run.size(); ++i)
        if (std::memcmp(run[i].expected, run[least].expected, hash_bytes) < 0) least = i;
    run.resize(std::max<std::size_t>(least, 1) + 1);
    if (least == 0) return;
    for (const Kernel* kernel : usable_kernels()) {
        HashPool pool{*kernel, options(2, 16)};
        Ends ends;
        TestSearch search{ends, run};
        search.leave_out_the_last();
        pool.submit(search);
        ends.wait_for(1);
        search.check_result();
        CHECK(search.found == Search::not_found);
    }
}

TEST(full, "a queue of one: what finds no place says so") {
    check::Random random{3};
    World world{random};
    HashPool pool{*usable_kernels().front(), options(1, 1)};
    Submitted submitted;
    for (std::uint32_t round = 0; round < check::rounds(60); ++round) submitted.submit_any(pool, world, random, 40);
    submitted.wait();
    const std::size_t made = submitted.check_all();
    CHECK(made <= submitted.asked());
    Ends ends;
    TestBatch lone{ends, world.shares[0], 0, 1, random};
    pool.submit(lone);
    ends.wait_for(1);
    CHECK(lone.check_results() == 1);
}

TEST(displaced, "who floods loses its newest to another caller, never what another has") {
    check::Random random{4};
    World world{random, 60, 2};
    for (std::uint32_t round = 0; round < check::rounds(20); ++round) {
        HashPool pool{*usable_kernels().front(), options(1, 20)};
        Ends ends;
        TestBatch flood{ends, world.shares[0], 0, 58, random}, modest{ends, world.shares[1], 0, 5, random};
        flood.caller = 1;
        modest.caller = 2;
        pool.submit(flood);
        pool.submit(modest);
        ends.wait_for(2);
        CHECK(modest.check_results() == 5);
        CHECK(flood.check_results() >= 10);
    }
}

TEST(closed_while_busy, "closed and destroyed in the middle of work: everything ends, and nothing is wrong") {
    check::Random random{5};
    World world{random};
    for (std::uint32_t round = 0; round < check::rounds(30); ++round) {
        const Kernel& kernel = *usable_kernels()[round % usable_kernels().size()];
        const bool closes = round % 3 != 0;
        auto pool = std::make_unique<HashPool>(kernel, options(1 + round % 3, round % 2 == 0 ? 4096 : 8));
        std::deque<Submitted> submitted(3);
        std::vector<std::thread> threads;
        for (std::size_t i = 0; i < submitted.size(); ++i)
            threads.emplace_back([&, i] {
                check::Random own{1000 * round + i};
                for (std::uint32_t k = 0; k < 25; ++k) submitted[i].submit_any(*pool, world, own, 30);
            });
        std::thread watcher{[&] {
            for (int i = 0; i < 20; ++i) CHECK(pool->stats().hashes.size() == 1 + round % 3);
        }};
        std::this_thread::sleep_for(std::chrono::microseconds{random.below(3000)});
        // Closing may come in the middle of submits; destroying must not.
        if (closes) pool->close();
        for (std::thread& thread : threads) thread.join();
        watcher.join();
        if (closes && random.below(2) == 0) pool->close();
        pool.reset();
        for (Submitted& one : submitted) {
            one.wait();
            one.check_all();
        }
    }
}

TEST(after_close, "what is submitted after closing ends unchecked and stopped") {
    check::Random random{6};
    World world{random, 4, 4};
    HashPool pool{kernel_scalar, options(2, 16)};
    pool.close();
    Ends ends;
    TestBatch batch{ends, world.shares[0], 0, 3, random};
    TestSearch search{ends, world.runs[0]};
    std::memset(search.limit, 0xff, hash_bytes);
    pool.submit(batch);
    pool.submit(search);
    ends.wait_for(2);
    CHECK(batch.check_results() == 0 && search.stopped && search.found == Search::not_found);
}

TEST(room, "a thread of the pool has a slot for each hash that a kernel has under way") {
    constexpr std::uint32_t most_under_way = 32;
    for (const Kernel* kernel : usable_kernels()) CHECK(kernel->hashes <= most_under_way);
}

}  // namespace

TEST_MAIN()
