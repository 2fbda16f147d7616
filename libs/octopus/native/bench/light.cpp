// What a hash, a data set page and a light cache cost on one thread, by kernel, and what the memory alone allows: reads of
// the light cache that depend on each other as a hash's do, and nothing else. Prints only, microseconds of CPU, the best
// of some rounds; npm run bench:pow compares with the real node.
#include <algorithm>
#include <cstdio>
#include <ctime>

#include "header.hpp"
#include "kernels.hpp"
#include "light-cache.hpp"
#include "stage.hpp"

namespace {

using namespace octopus;

constexpr std::uint32_t stages[] = {0, 286};

/// Consecutive nonces of one header, `together` at a time.
class NonceFeed final : public HashFeed {
public:
    NonceFeed(const LightView& cache, std::uint32_t count, std::uint32_t together)
        : cache_{cache}, left_{count}, room_{together} {
        const std::uint8_t header_hash[hash_bytes] = {1, 2, 3};
        header_ = read_header(header_hash);
    }
    bool take(HashTask& task) noexcept override {
        if (left_ == 0 || room_ == 0) return false;
        --room_;
        task = {cache_, header_, --left_, nullptr};
        return true;
    }
    void done(void*, const std::uint8_t (&)[hash_bytes]) noexcept override { ++room_; }
    bool has_more() const noexcept { return left_ != 0; }

private:
    LightView cache_;
    Header header_;
    std::uint64_t left_;
    std::uint32_t room_;
};

template <typename Work>
double best_microseconds(Work&& work, int rounds = 7) {
    const auto now = [] {
        timespec time;
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
        return static_cast<double>(time.tv_sec) * 1e6 + static_cast<double>(time.tv_nsec) / 1e3;
    };
    double best = 0;
    for (int round = 0; round < rounds; ++round) {
        const double began = now();
        work();
        const double took = now() - began;
        best = round == 0 ? took : std::min(best, took);
    }
    return best;
}

double hash_microseconds(const Kernel& kernel, const LightView& cache, std::uint32_t count, std::uint32_t together) {
    return best_microseconds([&] {
               NonceFeed feed{cache, count, together};
               while (feed.has_more()) kernel.hash(feed);
           }) /
           count;
}

/// Nanoseconds of a read when `Chains` of them are under way: each picks the next with a word that it read.
template <std::uint32_t Chains>
double read_nanoseconds(const LightView& cache) {
    constexpr std::uint32_t steps = 400000 / Chains;
    std::uint32_t word[Chains], node[Chains], sum = 0;
    const double took = best_microseconds([&] {
        for (std::uint32_t c = 0; c < Chains; ++c) {
            word[c] = c * fnv_prime;
            node[c] = cache.node_modulus(word[c]);
        }
        for (std::uint32_t k = 0; k < steps; ++k)
            for (std::uint32_t c = 0; c < Chains; ++c) {
                word[c] = fnv(word[c], cache.nodes[node[c]].words[k % node_words]);
                node[c] = cache.node_modulus(word[c]);
                __builtin_prefetch(&cache.nodes[node[c]]);
            }
        for (const std::uint32_t last : word) sum ^= last;
        asm volatile("" : : "r"(sum));
    });
    return took * 1000 / (steps * Chains);
}

}  // namespace

int main() {
    constexpr std::uint32_t hashes = 1000, lone = 150, pages = 2048;
    const bool cancelled = false;
    for (const std::uint32_t stage : stages) {
        CachePointer caches[8];
        build_light_caches(*usable_kernels().front(), &stage, 1, caches, &cancelled);
        if (!caches[0]) return 1;
        const LightView& cache = caches[0]->view();
        // A lone hash has the four nodes of a page under way.
        const double alone = page_nodes * read_nanoseconds<page_nodes>(cache), together = read_nanoseconds<32>(cache);
        std::printf("stage %u, %.1f MB: four reads side by side take %.1f ns, one of 32 takes %.2f ns; so no lone hash is faster than "
                    "%.0f us,\nno hash among others than %.0f us\n",
                    stage, static_cast<double>(caches[0]->bytes()) / 1e6, alone, together,
                    alone * accesses * parents / 1000, together * accesses * parents * page_nodes / 1000);
        std::printf("  %-8s %12s %12s %12s %12s %20s\n", "kernel", "lone, us", "hash, us", "page, us", "cache, ms",
                    "side by side, ms");
        for (const Kernel* kernel : usable_kernels()) {
            std::vector<Node> nodes(pages * page_nodes);
            const double page = best_microseconds([&] { kernel->data_set_pages(cache, 0, pages, nodes.data()); });
            const std::uint32_t others[8] = {stage, stage + 1, stage + 2, stage + 3,
                                             stage + 4, stage + 5, stage + 6, stage + 7};
            CachePointer built[8];
            const double one = best_microseconds([&] { build_light_caches(*kernel, others, 1, built, &cancelled); }, 2);
            const double many = best_microseconds(
                [&] { build_light_caches(*kernel, others, kernel->caches, built, &cancelled); }, 1);
            std::printf("  %-8s %12.1f %12.1f %12.2f %12.0f %14.0f for %u\n", kernel->name,
                        hash_microseconds(*kernel, cache, lone, 1), hash_microseconds(*kernel, cache, hashes, hashes),
                        page / pages, one / 1000, many / 1000, kernel->caches);
        }
    }
}
