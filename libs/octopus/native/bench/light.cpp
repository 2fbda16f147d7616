// What a hash, a page and a light cache cost on one thread, by kernel. Prints only; npm run bench:pow compares with the
// real node.
#include <chrono>
#include <cstdio>

#include "header.hpp"
#include "kernels.hpp"
#include "light-cache.hpp"
#include "stage.hpp"

namespace {

using namespace octopus;

/// Consecutive nonces of one header.
class NonceFeed final : public HashFeed {
public:
    NonceFeed(const LightView& cache, std::uint32_t count) : cache_{cache}, left_{count} {
        const std::uint8_t header_hash[hash_bytes] = {1, 2, 3};
        header_ = read_header(header_hash);
    }
    bool take(HashTask& task) noexcept override {
        if (left_ == 0) return false;
        task = {cache_, header_, --left_, nullptr};
        return true;
    }
    void done(void*, const std::uint8_t (&)[hash_bytes]) noexcept override {}

private:
    LightView cache_;
    Header header_;
    std::uint64_t left_;
};

template <typename Work>
double microseconds(Work&& work) {
    const auto began = std::chrono::steady_clock::now();
    work();
    return std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - began).count();
}

}  // namespace

int main() {
    constexpr std::uint32_t hashes = 4000, alone = 200, pages = 4096;
    const std::uint32_t stages[8] = {0, 1, 2, 3, 4, 5, 6, 7};
    const bool cancelled = false;
    std::printf("%-8s %14s %14s %14s %14s %16s\n", "kernel", "hash, us", "lone hash, us", "page, us", "cache, ms",
                "side by side, ms");
    for (const Kernel* kernel : usable_kernels()) {
        CachePointer caches[8];
        const double one = microseconds([&] { build_light_caches(*kernel, stages, 1, caches, &cancelled); });
        const double many = microseconds([&] {
            CachePointer others[8];
            build_light_caches(*kernel, stages, kernel->caches, others, &cancelled);
        });
        if (!caches[0]) return 1;
        const LightView& cache = caches[0]->view();
        const double full = microseconds([&] {
            NonceFeed feed{cache, hashes};
            kernel->hash(feed);
        });
        const double lone = microseconds([&] {
            for (std::uint32_t i = 0; i < alone; ++i) {
                NonceFeed feed{cache, 1};
                kernel->hash(feed);
            }
        });
        std::vector<Node> nodes(pages * page_nodes);
        const double page = microseconds([&] { kernel->data_set_pages(cache, 0, pages, nodes.data()); });
        std::printf("%-8s %14.1f %14.1f %14.2f %14.0f %10.0f for %u\n", kernel->name, full / hashes, lone / alone,
                    page / pages, one / 1000, many / 1000, kernel->caches);
    }
}
