// Sizes, seed and light cache of a stage.
#include <bit>
#include <cstdlib>
#include <new>

#ifdef __linux__
#include <sys/mman.h>
#endif

#include "octopus.hpp"

namespace octopus {

namespace {

constexpr std::size_t huge_page_bytes = std::size_t{1} << 21;

// Trial division: the counts stay below 2^31, so this ends within 2^15 steps.
constexpr bool is_prime(std::uint64_t number) noexcept {
    if (number < 2 || number % 2 == 0) return number == 2;
    for (std::uint64_t divisor = 3; divisor * divisor <= number; divisor += 2)
        if (number % divisor == 0) return false;
    return true;
}

constexpr std::uint64_t prime_sized(std::uint64_t target, std::uint64_t unit) noexcept {
    std::uint64_t bytes = target - unit;
    while (!is_prime(bytes / unit)) bytes -= 2 * unit;
    return bytes;
}

// 2 MiB pages spare the TLB misses of random reads, 20 % of a hash; the kernel may decline.
Node* allocate_nodes(std::uint64_t count) noexcept {
    const std::size_t bytes = (count * node_bytes + huge_page_bytes - 1) / huge_page_bytes * huge_page_bytes;
    void* memory = std::aligned_alloc(huge_page_bytes, bytes);
    if (memory == nullptr) return nullptr;
#ifdef __linux__
    madvise(memory, bytes, MADV_HUGEPAGE);
#endif
    return static_cast<Node*>(memory);
}

Node keccak512_of(const Node& node) noexcept { return std::bit_cast<Node>(keccak512(std::bit_cast<Lanes512>(node))); }

Node first_node(std::uint32_t stage) noexcept {
    const Hash256 seed = seed_hash(stage);
    return std::bit_cast<Node>(keccak512(std::bit_cast<std::array<std::uint64_t, 4>>(seed)));
}

void run_round(Node* nodes, std::uint32_t count, Modulus modulus) noexcept {
    Node previous = nodes[count - 1];
    for (std::uint32_t i = 0; i < count; ++i) {
        // The next partner is known before this node is: fetching it now hides the read behind the keccak.
        if (i + 1 < count) __builtin_prefetch(&nodes[modulus(nodes[i + 1].words[0])]);
        const Node& partner = nodes[modulus(nodes[i].words[0])];
        for (std::uint32_t w = 0; w < node_words; ++w) previous.words[w] ^= partner.words[w];
        previous = keccak512_of(previous);
        nodes[i] = previous;
    }
}

}  // namespace

std::uint64_t cache_bytes(std::uint32_t stage) noexcept {
    return prime_sized(cache_bytes_base + cache_bytes_growth * stage, node_bytes);
}

std::uint64_t data_bytes(std::uint32_t stage) noexcept {
    return prime_sized(data_bytes_base + data_bytes_growth * stage, page_bytes);
}

Hash256 seed_hash(std::uint32_t stage) noexcept {
    Hash256 seed{};
    for (std::uint32_t i = 0; i < stage; ++i) seed = keccak256(seed);
    return seed;
}

void FreeNodes::operator()(Node* nodes) const noexcept { std::free(nodes); }

std::shared_ptr<const LightCache> build_light_cache(std::uint32_t stage) noexcept {
    const auto count = static_cast<std::uint32_t>(cache_bytes(stage) / node_bytes);
    const auto pages = static_cast<std::uint32_t>(data_bytes(stage) / page_bytes);
    std::unique_ptr<Node[], FreeNodes> nodes{allocate_nodes(count)};
    if (!nodes) return nullptr;
    const Modulus modulus{count};
    nodes[0] = first_node(stage);
    for (std::uint32_t i = 1; i < count; ++i) nodes[i] = keccak512_of(nodes[i - 1]);
    for (std::uint32_t round = 0; round < cache_rounds; ++round) run_round(nodes.get(), count, modulus);
    return std::make_shared<const LightCache>(LightCache{std::move(nodes), count, modulus, Modulus{pages}});
}

}  // namespace octopus
