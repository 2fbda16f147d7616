// Every kernel that this processor can run against the specification on random input.
#include <algorithm>
#include <atomic>
#include <string>
#include <thread>

#include "small-cache.hpp"
#include "stage.hpp"

namespace {

using namespace octopus;
using check::Hashed;

/// Gives tasks in bursts: after each the feed is dry for a while, as seen from the kernel.
class BurstFeed final : public HashFeed {
public:
    BurstFeed(std::vector<Hashed>& hashes, const Kernel& kernel, check::Random& random, std::uint32_t dry)
        : hashes_{hashes}, kernel_{kernel}, random_{random}, dry_{dry}, done_(hashes.size()) {}

    bool take(HashTask& task) noexcept override {
        if (next_ == hashes_.size() || (dry_ != 0 && random_.below(dry_) != 0)) return false;
        Hashed& hashed = hashes_[next_];
        task = {hashed.cache->view(), read_header(hashed.header_hash), hashed.nonce, &done_[next_++]};
        most_under_way = std::max(most_under_way, ++under_way_);
        CHECK(under_way_ <= kernel_.hashes);
        return true;
    }

    void done(void* tag, const std::uint8_t (&hash)[hash_bytes]) noexcept override {
        const auto index = static_cast<std::size_t>(static_cast<std::uint8_t*>(tag) - done_.data());
        CHECK(index < next_);
        CHECK(done_[index]++ == 0);
        CHECK(std::memcmp(hash, hashes_[index].expected, hash_bytes) == 0);
        --under_way_;
    }

    /// As a pool's thread does: again and again until all is done.
    void run() {
        while (next_ != hashes_.size()) {
            kernel_.hash(*this);
            CHECK(under_way_ == 0);
        }
        for (const std::uint8_t times : done_) CHECK(times == 1);
    }

    std::uint32_t most_under_way = 0;

private:
    std::vector<Hashed>& hashes_;
    const Kernel& kernel_;
    check::Random& random_;
    std::uint32_t dry_;
    std::vector<std::uint8_t> done_;
    std::size_t next_ = 0;
    std::uint32_t under_way_ = 0;
};

bool same_nodes(const Node* x, const Node* y, std::uint64_t count) { return std::memcmp(x, y, count * node_bytes) == 0; }

TEST(names_what_runs, "kernels of this binary") {
    for (const Kernel* kernel : usable_kernels())
        std::printf("    %s: %u hashes, %u caches side by side\n", kernel->name, kernel->hashes, kernel->caches);
    const auto is_usable = [](const std::string& name) {
        return std::any_of(usable_kernels().begin(), usable_kernels().end(), [&](auto kernel) { return kernel->name == name; });
    };
    CHECK(is_usable("scalar"));
#ifdef __x86_64__
    for (const char* name : {"avx2", "avx512"})
        if (!is_usable(name)) std::printf("    %s: compiled, not run: this processor lacks it\n", name);
#endif
#ifdef __aarch64__
    CHECK(is_usable("neon"));
#endif
}

TEST(hashes, "hash equals the specification for 1, 2, 3, 7 and 50 tasks of several caches") {
    check::Random random;
    for (std::uint32_t round = 0; round < check::rounds(4); ++round) {
        const std::vector<CachePointer> caches = {check::random_cache(random), check::random_cache(random)};
        std::vector<Hashed> hashes = check::hashes_on(caches, 50, random);
        check::expect_by_reference(hashes);
        for (const Kernel* kernel : usable_kernels())
            for (const std::size_t count : {1, 2, 3, 7, 50})
                for (const std::uint32_t dry : {0, 2, 300}) {
                    std::vector<Hashed> some(hashes.begin(), hashes.begin() + static_cast<std::ptrdiff_t>(count));
                    BurstFeed feed{some, *kernel, random, dry};
                    feed.run();
                    if (dry == 0) CHECK(feed.most_under_way == std::min<std::size_t>(count, kernel->hashes));
                }
    }
}

TEST(builds, "build equals the specification, alone and side by side with other node counts") {
    check::Random random{1};
    for (std::uint32_t round = 0; round < check::rounds(10); ++round)
        for (const Kernel* kernel : usable_kernels())
            for (std::uint32_t count = 1; count <= kernel->caches; ++count) {
                std::vector<NodeMemory> memory;
                std::vector<CacheTask> tasks(count);
                for (CacheTask& task : tasks) {
                    task.node_count = check::any_node_count(random);
                    // One node more, which must stay as it is.
                    memory.push_back(allocate_nodes(task.node_count + 1));
                    task.nodes = memory.back().get();
                    std::memset(&task.nodes[task.node_count], 0x5a, node_bytes);
                    random.fill(task.seed);
                }
                const bool cancelled = false;
                CHECK(kernel->build(tasks.data(), count, &cancelled));
                for (const CacheTask& task : tasks) {
                    CHECK(same_nodes(task.nodes, reference::build(task.seed, task.node_count).data(), task.node_count));
                    for (const std::uint32_t word : task.nodes[task.node_count].words) CHECK(word == 0x5a5a5a5a);
                }
            }
}

TEST(cancelled, "build stops when told") {
    for (const Kernel* kernel : usable_kernels())
        for (const std::uint32_t count : {1u, kernel->caches}) {
            std::vector<NodeMemory> memory;
            std::vector<CacheTask> tasks(count);
            for (CacheTask& task : tasks) {
                task.node_count = 1000003;
                memory.push_back(allocate_nodes(task.node_count));
                task.nodes = memory.back().get();
                std::memset(task.seed, 1, sizeof task.seed);
            }
            bool stop = true;
            CHECK(!kernel->build(tasks.data(), count, &stop));
            __atomic_store_n(&stop, false, __ATOMIC_RELAXED);
            std::thread later{[&] {
                std::this_thread::sleep_for(std::chrono::milliseconds{5});
                __atomic_store_n(&stop, true, __ATOMIC_RELAXED);
            }};
            CHECK(!kernel->build(tasks.data(), count, &stop));
            later.join();
        }
}

TEST(pages, "data_set_pages equals the specification for any first page and count") {
    check::Random random{2};
    for (std::uint32_t round = 0; round < check::rounds(8); ++round) {
        const CachePointer cache = check::random_cache(random);
        const LightView& view = cache->view();
        const std::uint64_t first = round % 2 == 1 ? random.below(4) : (1 << 30) - 64 + random.below(30);
        constexpr std::uint64_t most = 33;
        std::vector<Node> expected(most * page_nodes);
        for (std::uint64_t i = 0; i < expected.size(); ++i)
            expected[i] = reference::data_set_node(view.nodes, view.node_count,
                                                   static_cast<std::uint32_t>(first * page_nodes + i));
        for (const Kernel* kernel : usable_kernels())
            for (const std::uint64_t count : {0, 1, 2, 3, 5, 7, 8, 9, 16, 31, 33}) {
                std::vector<Node> nodes(expected.size() + 1);
                std::memset(nodes.data(), 0x5a, nodes.size() * sizeof(Node));
                kernel->data_set_pages(view, first, count, nodes.data());
                CHECK(same_nodes(nodes.data(), expected.data(), count * page_nodes));
                for (const std::uint32_t word : nodes[count * page_nodes].words) CHECK(word == 0x5a5a5a5a);
            }
    }
}

TEST(stage_0, "stage 0, built and hashed by every kernel, where a round is not dear") {
    if (!check::thorough()) return;
    check::Random random{3};
    CachePointer caches[2];
    const bool cancelled = false;
    for (const Kernel* kernel : usable_kernels()) {
        const std::uint32_t stages[] = {1, 0};
        CachePointer built[2];
        build_light_caches(*kernel, stages + (kernel->caches == 1), kernel->caches == 1 ? 1 : 2, built, &cancelled);
        const CachePointer& cache = built[kernel->caches != 1];
        CHECK(cache && cache->stage() == 0 && cache->bytes() == cache_bytes(0));
        if (caches[0]) CHECK(same_nodes(cache->view().nodes, caches[0]->view().nodes, cache->view().node_count));
        caches[0] = cache;
    }
    std::vector<Hashed> hashes = check::hashes_on({caches[0]}, 60, random);
    for (Hashed& hashed : hashes)
        reference::hash(hashed.cache->view().nodes, hashed.cache->view().node_count,
                        static_cast<std::uint32_t>(data_bytes(0) / page_bytes), hashed.header_hash, hashed.nonce,
                        hashed.expected);
    for (const Kernel* kernel : usable_kernels()) BurstFeed{hashes, *kernel, random, 2}.run();
}

}  // namespace

TEST_MAIN()
