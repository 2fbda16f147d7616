// Builds the real data set of a stage (default 0: 4.3 GB) and measures mining with it. No Node.
//   full-bench [stage] [threads] [kernel]
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "../data-set.hpp"
#include "../full-kernel.hpp"
#include "../header.hpp"
#include "../kernels.hpp"
#include "../miner.hpp"
#include "../stage.hpp"

using namespace octopus;

namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
}

double cpu_seconds(clockid_t clock) {
    timespec time;
    clock_gettime(clock, &time);
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

Header header_of(std::uint8_t number) {
    std::uint8_t bytes[hash_bytes];
    for (std::size_t i = 0; i < hash_bytes; ++i) bytes[i] = static_cast<std::uint8_t>(number + 31 * i);
    return read_header(bytes);
}

class OneHash final : public HashFeed {
public:
    explicit OneHash(const HashTask& task) : task_{task} {}
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

struct Hits final : HitSink {
    std::mutex mutex;
    std::vector<MinerHit> all;
    void take(const MinerHit& hit) noexcept override {
        const std::lock_guard lock{mutex};
        all.push_back(hit);
    }
};

// Fills every page, so that reads are of the real memory, with two threads and progress.
bool build(const Kernel& kernel, const LightCache& cache, std::uint32_t pages, std::uint32_t threads, DataSet& data) {
    const auto start = Clock::now();
    const double cpu = cpu_seconds(CLOCK_PROCESS_CPUTIME_ID);
    std::atomic<bool> ended{false};
    std::thread progress{[&] {
        while (!ended) {
            std::this_thread::sleep_for(std::chrono::milliseconds{500});
            std::fprintf(stderr, "\r%5.1f %%", 100.0 * static_cast<double>(data.built_pages()) / pages);
        }
        std::fputs("\r        \r", stderr);
    }};
    const BuildResult result = data.build(kernel, cache.view(), pages, threads);
    ended = true;
    progress.join();
    if (result != BuildResult::built) {
        const MemoryNeed need = memory_for_pages(pages);
        std::printf("not built (%d): needs %.2f GB, there are %.2f GB\n", static_cast<int>(result),
                    static_cast<double>(need.needed) / 1e9, static_cast<double>(need.available.value_or(0)) / 1e9);
        return false;
    }
    const double spent = cpu_seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu;
    std::printf("data set: %.2f GB by %u threads in %.1f s, %.1f CPU s, %.0f ns of CPU per node\n",
                static_cast<double>(pages) * page_bytes / 1e9, threads, seconds_since(start), spent,
                spent / pages / page_nodes * 1e9);
    return true;
}

void measure_thread(const FullKernel& kernel, const DataSetView& data) {
    constexpr int rounds = 5;
    constexpr std::uint32_t nonces = 1 << 18;
    void* const searcher = std::aligned_alloc(1 << 21, (kernel.bytes + (1 << 21) - 1) >> 21 << 21);
    std::vector<FullHit> hits(kernel.nonces);
    auto* values = new std::uint32_t[kernel.nonces][warp];
    const std::uint8_t limit[hash_bytes] = {};
    kernel.open(searcher);
    double plan = 1, values_only = 1, all = 1, wall = 1;
    for (std::uint8_t round = 0; round < rounds; ++round) {
        const Header header = header_of(round);
        double before = cpu_seconds(CLOCK_THREAD_CPUTIME_ID);
        kernel.set_header(searcher, header);
        double after = cpu_seconds(CLOCK_THREAD_CPUTIME_ID);
        plan = std::min(plan, after - before);

        before = after;
        for (std::uint32_t n = 0; n < nonces; n += kernel.nonces) kernel.values(searcher, n, values);
        after = cpu_seconds(CLOCK_THREAD_CPUTIME_ID);
        values_only = std::min(values_only, (after - before) / nonces);

        before = after;
        const auto start = Clock::now();
        for (std::uint32_t n = 0; n < nonces; n += kernel.nonces) kernel.search(searcher, data, n, limit, hits.data());
        wall = std::min(wall, seconds_since(start) / nonces);
        all = std::min(all, (cpu_seconds(CLOCK_THREAD_CPUTIME_ID) - before) / nonces);
    }
    delete[] values;
    std::free(searcher);
    std::printf("one thread, best of %d: header %.0f us; per nonce: values %.0f ns, all %.0f ns CPU, %.0f ns wall: "
                "%.0f kH/s per CPU second\n",
                rounds, plan * 1e6, values_only * 1e9, all * 1e9, wall * 1e9, 1e-3 / all);
}

bool measure_miner(const Kernel& light, const FullKernel& kernel, const LightCache& cache, const DataSetView& data,
                   std::uint32_t threads) {
    constexpr double duration = 5;
    Hits hits;
    FullMiner miner{kernel, threads, true, hits};
    MinerWork work{1, header_of(77), {}, 1234567890123456789};
    work.limit[1] = 0xff;
    const auto start = Clock::now();
    const double cpu = cpu_seconds(CLOCK_PROCESS_CPUTIME_ID);
    miner.set_work(data, work);
    std::this_thread::sleep_for(std::chrono::duration<double>(duration));
    const auto asked = Clock::now();
    miner.pause();
    const double pause = seconds_since(asked);
    const double wall = seconds_since(start);
    const double spent = cpu_seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu;
    double sum = 0;
    std::printf("%u pinned threads:", threads);
    for (std::uint32_t i = 0; i < threads; ++i) {
        sum += static_cast<double>(miner.hashes(i));
        std::printf(" %.0f", static_cast<double>(miner.hashes(i)) / wall / 1e3);
    }
    std::printf(" = %.0f kH/s, %.0f kH per CPU second, pause %.1f ms\n", sum / wall / 1e3, sum / spent / 1e3, pause * 1e3);
    constexpr std::size_t samples = 50;
    if (hits.all.size() < samples) return false;
    for (std::size_t i = 0; i < samples; ++i) {
        const FullHit& hit = hits.all[i * (hits.all.size() / samples)].found;
        OneHash feed{{cache.view(), work.header, hit.nonce, nullptr}};
        light.hash(feed);
        if (std::memcmp(feed.result, hit.hash, hash_bytes) != 0) return false;
    }
    std::printf("  %zu of %zu found hashes compared with light ones: equal\n", samples, hits.all.size());
    return true;
}

}  // namespace

int main(int count, char** arguments) {
    const auto stage = static_cast<std::uint32_t>(count > 1 ? std::atoi(arguments[1]) : 0);
    const auto threads = count > 2 ? static_cast<std::uint32_t>(std::atoi(arguments[2])) : std::thread::hardware_concurrency();
    const KernelChoice choice = choose_kernel(count > 3 ? arguments[3] : "");
    if (choice.kernel == nullptr) return std::puts(choice.problem.c_str()), 1;
    const FullKernel* const full = full_kernel(choice.kernel->name);
    if (full == nullptr) return 1;
    std::printf("%s, stage %u\n", choice.kernel->name, stage);

    CachePointer cache;
    const bool cancelled = false;
    build_light_caches(*choice.kernel, &stage, 1, &cache, &cancelled);
    if (!cache) return 1;
    DataSet data;
    const auto pages = static_cast<std::uint32_t>(data_bytes(stage) / page_bytes);
    if (!build(*choice.kernel, *cache, pages, threads, data)) return 1;
    measure_thread(*full, *data.view());
    for (std::uint32_t n = 1; n <= threads; n *= 2)
        if (!measure_miner(*choice.kernel, *full, *cache, *data.view(), n)) return std::puts("WRONG HASHES"), 1;
}
