#include "light-cache.hpp"

#include <cstdlib>
#include <new>

#ifdef __linux__
#include <sys/mman.h>
#endif

#include "stage.hpp"

namespace octopus {

void FreeNodes::operator()(Node* nodes) const noexcept { std::free(nodes); }

NodeMemory allocate_nodes(std::uint64_t count) noexcept {
    // 2 MiB pages spare the TLB misses of random reads, 20 % of a hash; the kernel may decline.
    constexpr std::uint64_t huge_page_bytes = std::uint64_t{1} << 21;
    const std::uint64_t bytes = (count * node_bytes + huge_page_bytes - 1) / huge_page_bytes * huge_page_bytes;
    void* memory = std::aligned_alloc(huge_page_bytes, bytes);
#ifdef __linux__
    if (memory != nullptr) madvise(memory, bytes, MADV_HUGEPAGE);
#endif
    return NodeMemory{static_cast<Node*>(memory)};
}

void build_light_caches(const Kernel& kernel, const std::uint32_t* stages, std::uint32_t count, CachePointer* caches,
                        const bool* cancelled) noexcept {
    constexpr std::uint32_t most = 8;
    NodeMemory memory[most];
    CacheTask tasks[most];
    std::uint32_t at[most];
    std::uint32_t got = 0;
    for (std::uint32_t i = 0; i < count && got < kernel.caches && got < most; ++i) {
        const auto nodes = static_cast<std::uint32_t>(cache_bytes(stages[i]) / node_bytes);
        memory[got] = allocate_nodes(nodes);
        if (!memory[got]) continue;
        tasks[got].nodes = memory[got].get();
        tasks[got].node_count = nodes;
        seed_hash(stages[i], tasks[got].seed);
        at[got++] = i;
    }
    if (got == 0 || !kernel.build(tasks, got, cancelled)) return;
    for (std::uint32_t i = 0; i < got; ++i) {
        const std::uint32_t stage = stages[at[i]];
        const auto pages = static_cast<std::uint32_t>(data_bytes(stage) / page_bytes);
        caches[at[i]] = std::make_shared<const LightCache>(stage, tasks[i].node_count, pages, std::move(memory[i]));
    }
}

}  // namespace octopus
