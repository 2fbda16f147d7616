// Light caches of a few nodes, and hashes on them with the expected results.
#pragma once

#include <memory>
#include <vector>

#include "check.hpp"
#include "header.hpp"
#include "kernel.hpp"
#include "kernels.hpp"
#include "light-cache.hpp"
#include "reference.hpp"

namespace octopus {
extern const Kernel kernel_scalar;
}

namespace check {

/// Primes, as real node counts are, and small ones in which parents collide.
constexpr std::uint32_t node_counts[] = {2, 3, 5, 31, 127, 257, 1021, 4093, 7919};
/// Data sets of the first stage and of the last, whose node indices need all 32 bits.
constexpr std::uint32_t page_counts[] = {16777213, 33554393, 1073741789};

inline std::uint32_t any_node_count(Random& random) { return node_counts[random.below(std::size(node_counts))]; }

inline octopus::CachePointer random_cache(Random& random, std::uint32_t nodes = 0) {
    if (nodes == 0) nodes = any_node_count(random);
    octopus::NodeMemory memory = octopus::allocate_nodes(nodes);
    CHECK(memory);
    for (std::uint32_t i = 0; i < nodes; ++i)
        for (std::uint32_t& word : memory[i].words) word = static_cast<std::uint32_t>(random.word());
    const std::uint32_t pages = page_counts[random.below(std::size(page_counts))];
    return std::make_shared<const octopus::LightCache>(static_cast<std::uint32_t>(random.below(9)), nodes, pages,
                                                       std::move(memory));
}

struct Hashed {
    octopus::CachePointer cache;
    std::uint8_t header_hash[octopus::hash_bytes];
    std::uint64_t nonce;
    std::uint8_t expected[octopus::hash_bytes];
};

/// What the kernels are asked for in tests of what surrounds them.
class ScalarFeed final : public octopus::HashFeed {
public:
    explicit ScalarFeed(std::vector<Hashed>& hashes) : hashes_{hashes} {}
    bool take(octopus::HashTask& task) noexcept override {
        if (next_ == hashes_.size()) return false;
        Hashed& hashed = hashes_[next_++];
        task = {hashed.cache->view(), octopus::read_header(hashed.header_hash), hashed.nonce, &hashed};
        return true;
    }
    void done(void* tag, const std::uint8_t (&hash)[octopus::hash_bytes]) noexcept override {
        std::memcpy(static_cast<Hashed*>(tag)->expected, hash, sizeof hash);
    }

private:
    std::vector<Hashed>& hashes_;
    std::size_t next_ = 0;
};

inline std::uint64_t any_nonce(Random& random) {
    constexpr std::uint64_t most = ~std::uint64_t{0};
    constexpr std::uint64_t edges[] = {0, 1, 31, 32, 33, most, most - 31, most - 32, std::uint64_t{1} << 32};
    return random.below(4) == 0 ? edges[random.below(std::size(edges))] : random.word();
}

inline std::vector<Hashed> hashes_on(const std::vector<octopus::CachePointer>& caches, std::size_t count, Random& random) {
    std::vector<Hashed> hashes(count);
    for (Hashed& hashed : hashes) {
        hashed.cache = caches[random.below(caches.size())];
        random.fill(hashed.header_hash);
        // Half of them share a header, as shares of one job do.
        if (random.below(2) == 0) std::memcpy(hashed.header_hash, hashes[0].header_hash, sizeof hashed.header_hash);
        hashed.nonce = any_nonce(random);
    }
    return hashes;
}

inline void expect_by_reference(std::vector<Hashed>& hashes) {
    for (Hashed& hashed : hashes) {
        const octopus::LightView& view = hashed.cache->view();
        // A cache does not tell how many pages its data set has, but the remainder by them does.
        std::uint32_t pages = 0;
        for (const std::uint32_t count : page_counts)
            if (view.page_modulus(count) == 0 && view.page_modulus(count - 1) == count - 1) pages = count;
        CHECK(pages != 0);
        reference::hash(view.nodes, view.node_count, pages, hashed.header_hash, hashed.nonce, hashed.expected);
    }
}

/// The expected hash by the scalar kernel, which kernels.test.cpp compares with the specification.
inline void expect_by_scalar(std::vector<Hashed>& hashes) {
    ScalarFeed feed{hashes};
    octopus::kernel_scalar.hash(feed);
}

}  // namespace check
