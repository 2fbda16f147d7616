#include "pool.hpp"

#include <bit>
#include <cstring>

#include "header.hpp"
#include "threads.hpp"

namespace octopus {

Verdict judge(const Item& item, const std::uint8_t (&hash)[hash_bytes]) noexcept {
    bool boundary_is_max = true;
    for (const std::uint8_t byte : item.boundary) boundary_is_max = boundary_is_max && byte == 0xff;
    if (boundary_is_max) return Verdict::below;
    // The lower bound is the nonce's bits 128 to 254: its first sixteen bytes but for the topmost bit.
    constexpr std::size_t bound_bytes = 16;
    std::uint8_t distance[hash_bytes];
    int borrow = 0;
    for (std::size_t i = hash_bytes; i-- > 0;) {
        int lower = i < bound_bytes ? item.nonce[i] : 0;
        if (i == 0) lower &= 0x7f;
        const int difference = hash[i] - lower - borrow;
        borrow = difference < 0;
        distance[i] = static_cast<std::uint8_t>(difference);
    }
    return std::memcmp(distance, item.boundary, hash_bytes) < 0 ? Verdict::below : Verdict::above;
}

namespace {

std::uint64_t low64(const std::uint8_t (&number)[hash_bytes]) noexcept {
    std::uint64_t low = 0;
    for (std::size_t i = hash_bytes - 8; i < hash_bytes; ++i) low = (low << 8) | number[i];
    return low;
}

}  // namespace

/// One thread's view of the pool: what the kernel takes from and gives to.
class HashPool::Worker final : public HashFeed {
public:
    Worker(HashPool& pool, Counters& counters) noexcept : pool_{pool}, counters_{counters} {
        for (Slot*& free : free_) free = &slots_[&free - free_];
        free_count_ = most_under_way;
    }

    bool take(HashTask& task) noexcept override {
        if (!pool_.has_work_.load(std::memory_order_acquire)) return false;
        Slot& slot = *free_[free_count_ - 1];
        {
            const std::scoped_lock lock{pool_.mutex_};
            if (!pick(slot)) {
                pool_.has_work_.store(false, std::memory_order_relaxed);
                return false;
            }
        }
        --free_count_;
        pool_.running_.fetch_add(1, std::memory_order_relaxed);
        const std::uint8_t(&header_hash)[hash_bytes] =
            slot.batch ? slot.batch->items[slot.index].header_hash : slot.search->header_hash;
        // A gateway's shares are mostly of one job.
        if (!header_known_ || std::memcmp(header_hash, header_hash_, hash_bytes) != 0) {
            std::memcpy(header_hash_, header_hash, hash_bytes);
            header_ = read_header(header_hash);
            header_known_ = true;
        }
        task.cache = (slot.batch ? slot.batch->cache : slot.search->cache)->view();
        task.header = header_;
        task.nonce = slot.batch ? low64(slot.batch->items[slot.index].nonce) : slot.search->start + slot.index;
        task.tag = &slot;
        return true;
    }

    void done(void* tag, const std::uint8_t (&hash)[hash_bytes]) noexcept override {
        Slot& slot = *static_cast<Slot*>(tag);
        counters_.hashes.fetch_add(1, std::memory_order_relaxed);
        pool_.running_.fetch_sub(1, std::memory_order_relaxed);
        free_[free_count_++] = &slot;
        if (slot.batch)
            pool_.settle(*slot.batch, static_cast<std::uint32_t>(slot.index), hash);
        else
            finish(*slot.search, slot.index, hash);
    }

private:
    static constexpr std::uint32_t most_under_way = 32;

    struct Slot {
        Batch* batch;
        Search* search;
        std::uint64_t index;
    };

    bool pick(Slot& slot) noexcept {
        Waiting waiting;
        if (pool_.waiting_.pop(waiting)) {
            slot = {waiting.batch, nullptr, waiting.index};
            return true;
        }
        if (pool_.searches_.empty()) return false;
        Search& search = *pool_.searches_.front();
        slot = {nullptr, &search, search.next_++};
        ++search.under_way_;
        if (search.next_ == search.count) pool_.searches_.pop_front();
        return true;
    }

    void finish(Search& search, std::uint64_t index, const std::uint8_t (&hash)[hash_bytes]) noexcept {
        const bool hit = std::memcmp(hash, search.limit, hash_bytes) <= 0;
        {
            const std::scoped_lock lock{pool_.mutex_};
            --search.under_way_;
            if (hit && index < search.found) {
                search.found = index;
                std::memcpy(search.hash, hash, hash_bytes);
                // Nonces beyond the hit need no look; those before it are under way or done.
                if (search.next_ < search.count) std::erase(pool_.searches_, &search);
                search.count = search.next_;
            }
            if (search.under_way_ != 0 || search.next_ < search.count) return;
        }
        search.ended();
    }

    HashPool& pool_;
    Counters& counters_;
    bool header_known_ = false;
    std::uint8_t header_hash_[hash_bytes];
    Header header_;
    Slot slots_[most_under_way];
    Slot* free_[most_under_way];
    std::uint32_t free_count_;
};

HashPool::HashPool(const Kernel& kernel, const PoolOptions& options)
    : kernel_{kernel}, waiting_{options.capacity}, counters_(options.threads) {
    try {
        for (Counters& counters : counters_) {
            threads_.emplace_back([this, &counters] { run(counters); });
            if (options.pinned) pin(threads_.back(), static_cast<std::uint32_t>(threads_.size() - 1));
        }
    } catch (...) {
        close();
        throw;
    }
}

HashPool::~HashPool() { close(); }

void HashPool::submit(Batch& batch) noexcept {
    const auto count = static_cast<std::uint32_t>(batch.items.size());
    // One more than its items, so that it cannot end while it is still being queued.
    batch.left_.store(count + 1, std::memory_order_relaxed);
    std::vector<Waiting> dropped;
    std::uint32_t queued = 0;
    {
        const std::scoped_lock lock{mutex_};
        // Nothing leaves the queue meanwhile: after one that found no place none will.
        for (bool has_place = !closed_; queued < count && has_place; queued += has_place) {
            Waiting displaced;
            const Pushed pushed = waiting_.push(batch.caller, {&batch, queued}, displaced);
            if (pushed == Pushed::displaced) dropped.push_back(displaced);
            has_place = pushed != Pushed::refused;
        }
        has_work_.store(true, std::memory_order_release);
    }
    if (count > 1)
        work_came_.notify_all();
    else
        work_came_.notify_one();
    for (const Waiting& waiting : dropped) settle(*waiting.batch, waiting.index, nullptr);
    for (; queued < count; ++queued) settle(batch, queued, nullptr);
    if (batch.left_.fetch_sub(1, std::memory_order_acq_rel) == 1) batch.ended();
}

void HashPool::submit(Search& search) noexcept {
    bool over = true;
    {
        const std::scoped_lock lock{mutex_};
        search.stopped = closed_;
        if (!closed_ && search.count != 0) {
            searches_.push_back(&search);
            has_work_.store(true, std::memory_order_release);
            over = false;
        }
    }
    if (over)
        search.ended();
    else
        work_came_.notify_all();
}

void HashPool::settle(Batch& batch, std::uint32_t index, const std::uint8_t* hash) noexcept {
    Result& result = batch.results[index];
    if (hash) {
        std::memcpy(result.hash, hash, hash_bytes);
        result.verdict = judge(batch.items[index], result.hash);
    } else {
        result = {Verdict::unchecked, {}};
    }
    if (batch.left_.fetch_sub(1, std::memory_order_acq_rel) == 1) batch.ended();
}

void HashPool::run(Counters& counters) noexcept {
    Worker worker{*this, counters};
    for (;;) {
        {
            std::unique_lock lock{mutex_};
            work_came_.wait(lock, [this] { return closed_ || waiting_.size() != 0 || !searches_.empty(); });
            if (closed_) return;
            has_work_.store(true, std::memory_order_release);
        }
        kernel_.hash(worker);
    }
}

void HashPool::close() noexcept {
    std::vector<Waiting> dropped;
    std::deque<Search*> stopped;
    {
        const std::scoped_lock lock{mutex_};
        closed_ = true;
        for (Waiting waiting; waiting_.pop(waiting);) dropped.push_back(waiting);
        for (Search* search : searches_) {
            search->stopped = true;
            search->count = search->next_;
            if (search->under_way_ == 0) stopped.push_back(search);
        }
        searches_.clear();
        has_work_.store(false, std::memory_order_release);
    }
    work_came_.notify_all();
    for (const Waiting& waiting : dropped) settle(*waiting.batch, waiting.index, nullptr);
    for (Search* search : stopped) search->ended();
    for (std::thread& thread : threads_)
        if (thread.joinable()) thread.join();
}

PoolStats HashPool::stats() const {
    PoolStats stats;
    for (const Counters& counters : counters_) stats.hashes.push_back(counters.hashes.load(std::memory_order_relaxed));
    const std::scoped_lock lock{mutex_};
    stats.queued = waiting_.size();
    stats.running = running_.load(std::memory_order_relaxed);
    return stats;
}

}  // namespace octopus
