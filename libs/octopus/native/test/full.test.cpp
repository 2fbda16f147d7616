// The chirp method, the data set and the miner against the definition, on a few thousand pages. No Node.
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <filesystem>
#include <new>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "../data-set.hpp"
#include "../field.hpp"
#include "../full-kernel.hpp"
#include "../header.hpp"
#include "../keccak.hpp"
#include "../kernels.hpp"
#include "../memory.hpp"
#include "../miner.hpp"

#define CHECK(condition)                                                                   \
    do {                                                                                   \
        if (!(condition)) {                                                                \
            std::fprintf(stderr, "%s:%d: %s is false\n", __FILE__, __LINE__, #condition);  \
            std::exit(1);                                                                  \
        }                                                                                  \
    } while (false)

using namespace octopus;

namespace {

std::mt19937_64 random_words{20};

using HeaderBytes = std::uint8_t[hash_bytes];

Header header_of_words(std::uint64_t v0, std::uint64_t v1, std::uint64_t v2, std::uint64_t v3) {
    const std::uint64_t words[4] = {v0, v1, v2, v3};
    HeaderBytes bytes;
    std::memcpy(bytes, words, sizeof bytes);
    return read_header(bytes);
}

std::vector<Header> headers() {
    constexpr std::uint64_t p = field_prime;
    std::vector<Header> all = {
        header_of_words(0, 0, 0, 0),
        header_of_words(~0ull, ~0ull, ~0ull, ~0ull),
        header_of_words(1, 0, 0, 0),
        header_of_words(0, 1, 0, 0),
        header_of_words(0, 0, 1, 0),
        header_of_words(0, 0, 0, 1),
        header_of_words(p - 2, p - 2, p - 2, p - 2),
        header_of_words(p - 3, 147455, 147455, p - 3),
        header_of_words(10, 3, 247702, 0),
        header_of_words(316816, 4, ~0ull, 0),
    };
    for (int i = 0; i < 20; ++i)
        all.push_back(header_of_words(random_words(), random_words(), random_words(), random_words()));
    return all;
}

std::uint64_t rotated(std::uint64_t x, int bits) { return x << bits | x >> (64 - bits); }

struct Sip {
    std::uint64_t s0, s1, s2, s3;
    void rounds(int count) {
        for (; count > 0; --count) {
            s0 += s1;
            s2 += s3;
            s1 = rotated(s1, 13) ^ s0;
            s3 = rotated(s3, 16) ^ s2;
            s0 = rotated(s0, 32);
            s2 += s1;
            s0 += s3;
            s1 = rotated(s1, 17) ^ s2;
            s3 = rotated(s3, 21) ^ s0;
            s2 = rotated(s2, 32);
        }
    }
};

std::vector<std::uint32_t> coefficients_of(const Header& header, std::uint64_t nonce) {
    std::vector<std::uint32_t> d(coefficients);
    for (std::uint32_t i = 0; i < warp; ++i) {
        const std::uint64_t x = nonce / warp * warp + i;
        Sip sip{header.words[0], header.words[1], header.words[2], header.words[3] ^ x};
        sip.rounds(2);
        sip.s0 ^= x;
        sip.s2 ^= 0xff;
        sip.rounds(4);
        for (std::uint32_t j = 0; j < warp; ++j) {
            sip.rounds(1);
            d[warp * j + i] = static_cast<std::uint32_t>(sip.s0 ^ sip.s1 ^ sip.s2 ^ sip.s3) % field_prime;
        }
    }
    return d;
}

std::uint32_t value_at(const Header& header, const std::vector<std::uint32_t>& d, std::uint64_t nonce, std::uint32_t k) {
    const std::uint32_t w = power(header.w, static_cast<std::uint32_t>(nonce % warp) + warp * k);
    const std::uint32_t x = (multiply((multiply(header.a, w) + header.b) % field_prime, w) + header.c) % field_prime;
    std::uint64_t value = 0;
    for (std::uint32_t j = coefficients; j-- != 0;) value = (value * x + d[j]) % field_prime;
    return static_cast<std::uint32_t>(value);
}

struct Searcher {
    const FullKernel& kernel;
    void* memory;
    std::vector<FullHit> hits;

    explicit Searcher(const FullKernel& kernel)
        : kernel{kernel}, memory{::operator new(kernel.bytes, std::align_val_t{page_bytes})}, hits(kernel.nonces) {
        kernel.open(memory);
    }
    ~Searcher() { ::operator delete(memory, std::align_val_t{page_bytes}); }
};

void values_are_horners(const FullKernel& kernel) {
    Searcher searcher{kernel};
    auto* values = new std::uint32_t[kernel.nonces][warp];
    for (const Header& header : headers()) {
        kernel.set_header(searcher.memory, header);
        // The last warps of all nonces, and any.
        for (const std::uint64_t first : {std::uint64_t{0} - kernel.nonces / 2 / warp * warp, random_words() / warp * warp}) {
            kernel.values(searcher.memory, first, values);
            for (std::uint32_t n = 0; n < kernel.nonces; n += warp) {
                const auto d = coefficients_of(header, first + n);
                for (int i = 0; i < 24; ++i) {
                    const auto at = i < 3 ? i * 15 : static_cast<std::uint32_t>(random_words() % warp);
                    const auto k = i < 3 ? i * 15 : static_cast<std::uint32_t>(random_words() % warp);
                    CHECK(values[n + at][k] == value_at(header, d, first + n + at, k));
                }
            }
        }
    }
    delete[] values;
}

// A light cache and a data set small enough for a test. The number of pages is prime, as the real ones are.
constexpr std::uint32_t cache_nodes = 1021;
constexpr std::uint32_t pages = 16381;

struct SmallStage {
    NodeMemory memory = allocate_nodes(cache_nodes);
    LightView cache{memory.get(), cache_nodes, Modulus{cache_nodes}, Modulus{pages}};

    explicit SmallStage(const Kernel& kernel) {
        CacheTask task{memory.get(), cache_nodes, {1, 2, 3}};
        const bool cancelled = false;
        CHECK(kernel.build(&task, 1, &cancelled));
    }
};

class OneHash final : public HashFeed {
public:
    OneHash(const HashTask& task) : task_{task} {}
    bool take(HashTask& task) noexcept override {
        task = task_;
        return !std::exchange(taken_, true);
    }
    void done(void*, const std::uint8_t (&hash)[hash_bytes]) noexcept override { std::memcpy(result, hash, hash_bytes); }
    std::uint8_t result[hash_bytes];

private:
    HashTask task_;
    bool taken_ = false;
};

bool is_light_hash(const Kernel& kernel, const LightView& cache, const Header& header, const FullHit& hit) {
    OneHash feed{{cache, header, hit.nonce, nullptr}};
    kernel.hash(feed);
    return std::memcmp(feed.result, hit.hash, hash_bytes) == 0;
}

constexpr std::uint8_t no_limit[hash_bytes] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                               0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                               0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

void hashes_are_light_hashes(const Kernel& light, const FullKernel& kernel, const SmallStage& stage,
                             const DataSetView& data) {
    Searcher searcher{kernel};
    for (const Header& header : {headers()[0], headers()[12]}) {
        kernel.set_header(searcher.memory, header);
        const std::uint64_t first = std::uint64_t{0} - warp;
        CHECK(kernel.search(searcher.memory, data, first, no_limit, searcher.hits.data()) == kernel.nonces);
        std::set<std::uint64_t> nonces;
        for (const FullHit& hit : searcher.hits) {
            CHECK(hit.nonce - first < kernel.nonces);
            nonces.insert(hit.nonce);
            if (nonces.size() % 7 == 1) CHECK(is_light_hash(light, stage.cache, header, hit));
        }
        CHECK(nonces.size() == kernel.nonces);

        // The limit is inclusive, and all its 32 bytes count.
        const FullHit any = searcher.hits[kernel.nonces / 3];
        std::uint8_t limit[hash_bytes];
        std::memcpy(limit, any.hash, hash_bytes);
        const auto has_any = [&] {
            const std::uint32_t count = kernel.search(searcher.memory, data, first, limit, searcher.hits.data());
            bool found = false;
            for (std::uint32_t i = 0; i < count; ++i) {
                CHECK(std::memcmp(searcher.hits[i].hash, limit, hash_bytes) <= 0);
                found |= searcher.hits[i].nonce == any.nonce;
            }
            return found;
        };
        CHECK(has_any());
        for (int i = hash_bytes - 1; i >= 0 && limit[i]-- == 0;) --i;
        CHECK(!has_any());
    }
}

void data_set_is_built(const Kernel& kernel, const SmallStage& stage, DataSet& data) {
    CHECK(!data.view());
    CHECK(data.build(kernel, stage.cache, pages, 3) == BuildResult::built);
    CHECK(data.built_pages() == pages && data.view());
    for (std::uint32_t i = 0; i < 500; ++i) {
        const auto index = static_cast<std::uint32_t>(random_words() % (pages * page_nodes));
        const Node expected = data_set_node(stage.cache, index);
        CHECK(std::memcmp(&expected, data.view()->nodes + index, node_bytes) == 0);
    }
}

void builds_fail_clearly(const Kernel& kernel, const SmallStage& stage) {
    DataSet data;
    // A terabyte is checked for, not asked for.
    CHECK(data.build(kernel, stage.cache, 0xfffffff0, 1) == BuildResult::no_memory || !available_memory());
    Kernel broken = kernel;
    broken.data_set_pages = [](const LightView&, std::uint64_t, std::uint64_t count, Node* nodes) noexcept {
        std::memset(static_cast<void*>(nodes), 1, count * page_bytes);
    };
    CHECK(data.build(broken, stage.cache, pages, 1) == BuildResult::wrong && !data.view());

    std::thread canceller{[&] {
        while (data.built_pages() == 0) std::this_thread::yield();
        data.cancel();
    }};
    CHECK(data.build(kernel, stage.cache, 1000003, 2) == BuildResult::cancelled && !data.view());
    canceller.join();
    CHECK(data.build(kernel, stage.cache, pages, 1) == BuildResult::cancelled);
    data.allow();
    CHECK(data.build(kernel, stage.cache, pages, 1) == BuildResult::built);
}

struct Hits final : HitSink {
    std::mutex mutex;
    std::vector<MinerHit> all;
    void take(const MinerHit& hit) noexcept override {
        const std::lock_guard lock{mutex};
        all.push_back(hit);
    }
    std::size_t count() {
        const std::lock_guard lock{mutex};
        return all.size();
    }
};

void miner_finds(const Kernel& light, const FullKernel& kernel, const SmallStage& stage, const DataSetView& data) {
    Hits hits;
    const auto all_headers = headers();
    {
        FullMiner miner{kernel, 3, true, hits};
        CHECK(miner.threads() == 3);
        std::uint8_t limit[hash_bytes];
        std::memcpy(limit, no_limit, sizeof limit);
        limit[0] = 0x0f;
        for (std::uint64_t id = 0; id < 4; ++id) {
            MinerWork work{id, all_headers[id], {}, 1000 * id + 7};
            std::memcpy(work.limit, limit, sizeof limit);
            const std::size_t before = hits.count();
            miner.set_work(data, work);
            while (hits.count() < before + 20) std::this_thread::yield();
        }
        const auto asked = std::chrono::steady_clock::now();
        miner.pause();
        std::printf("  pause %.1f ms\n", std::chrono::duration<double>(std::chrono::steady_clock::now() - asked).count() * 1e3);
        const std::size_t found = hits.count();
        std::this_thread::sleep_for(std::chrono::milliseconds{20});
        CHECK(hits.count() == found);
        CHECK(miner.hashes(0) + miner.hashes(1) + miner.hashes(2) > 0);
    }
    std::set<std::pair<std::uint64_t, std::uint64_t>> distinct;
    std::size_t checked = 0;
    for (const MinerHit& hit : hits.all) {
        distinct.insert({hit.work_id, hit.found.nonce});
        CHECK(hit.found.nonce >= 1000 * hit.work_id / warp * warp);
        if (checked++ < 50) CHECK(is_light_hash(light, stage.cache, all_headers[hit.work_id], hit.found));
    }
    CHECK(distinct.size() == hits.all.size());
}

void memory_is_read() {
    namespace fs = std::filesystem;
    const fs::path root = fs::temp_directory_path() / ("octopus-memory-" + std::to_string(random_words()));
    const auto put = [&](const std::string& path, const std::string& text) {
        fs::create_directories((root / path).parent_path());
        std::ofstream{root / path} << text;
    };
    CHECK(!available_memory(root.string()));
    put("proc/meminfo", "MemTotal:  100 kB\nMemFree: 10 kB\nMemAvailable:   50 kB\n");
    CHECK(available_memory(root.string()) == 50 * 1024);
    put("proc/self/cgroup", "0::/a/b\n");
    put("sys/fs/cgroup/a/memory.max", "max\n");
    put("sys/fs/cgroup/a/memory.current", "5000\n");
    CHECK(available_memory(root.string()) == 50 * 1024);
    put("sys/fs/cgroup/a/memory.max", "20000\n");
    CHECK(available_memory(root.string()) == 15000);
    put("sys/fs/cgroup/a/memory.stat", "anon 1\nactive_file 7\ninactive_file 1000\n");
    CHECK(available_memory(root.string()) == 16000);
    put("sys/fs/cgroup/a/b/memory.max", "3000\n");
    put("sys/fs/cgroup/a/b/memory.current", "4000\n");
    CHECK(available_memory(root.string()) == 0);
    fs::remove_all(root);
}

}  // namespace

int main() {
    random_words.seed(std::random_device{}());
    memory_is_read();
    for (const Kernel* kernel : usable_kernels()) {
        std::printf("%s\n", kernel->name);
        const FullKernel* full = full_kernel(kernel->name);
        CHECK(full != nullptr);
        values_are_horners(*full);
        const SmallStage stage{*kernel};
        DataSet data;
        data_set_is_built(*kernel, stage, data);
        builds_fail_clearly(*kernel, stage);
        hashes_are_light_hashes(*kernel, *full, stage, *data.view());
        miner_finds(*kernel, *full, stage, *data.view());
    }
    CHECK(full_kernel("none") == nullptr);
    std::puts("ok");
}
