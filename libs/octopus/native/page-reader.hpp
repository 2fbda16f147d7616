// The 32 accesses of many hashes (step 7) to a data set in memory. Included by kernel-*.cpp only.
#pragma once

#include "chirp.hpp"
#include "data-set-view.hpp"

namespace octopus {
namespace {

/// The message of a hash's last Keccak: first the seed alone, then with the compressed mix.
struct alignas(64) Draft {
    std::uint32_t seed[node_words];
    std::uint32_t mix[mix_words / 8];
    std::uint32_t unused[mix_words / 8];
};
static_assert(sizeof(Draft) == 128);

/// Nonces of as many warps as there are lanes: draft n · warps + k is that of nonce n of warp k.
struct Block {
    U32 values[points];
    Draft drafts[chirp_nonces];
};

/// Hashes whose pages are fetched together, in a burst. A fetch that misses the TLB holds up what follows until its
/// address is translated, so the translations have to be next to each other to overlap. 32 with NTA: 42 ns a page, what
/// independent reads of 256 bytes reach; 16: 47, 64: 57; T1: 42 to 48, T0: 58, no hint: 62.
constexpr std::uint32_t flight = 32;
static_assert(chirp_nonces % flight == 0);

OCTOPUS_INLINE void fetch_page(const std::uint32_t* page) noexcept {
    for (std::uint64_t at = 0; at < page_bytes; at += node_bytes)
        __builtin_prefetch(reinterpret_cast<const std::uint8_t*>(page) + at, 0, 0);
}

OCTOPUS_INLINE void compress(const std::uint32_t* mix, std::uint32_t* compressed) noexcept {
    const auto fold_four = [&](std::uint32_t u) noexcept {
        return fnv(fnv(fnv(mix[u], mix[u + 1]), mix[u + 2]), mix[u + 3]);
    };
    for (std::uint32_t i = 0; i < mix_words / 8; ++i)
        compressed[i] = fnv(fold_four(4 * i), fold_four(mix_words / 2 + 4 * i));
}

/// Steps 7 and 8 of all nonces of a block.
void read_pages(const DataSetView& data, Block& block) noexcept {
    alignas(64) std::uint32_t mixes[flight][mix_words];
    const std::uint32_t* page[flight];
    const auto* values = reinterpret_cast<const std::uint32_t*>(block.values);
    for (std::uint32_t first = 0; first < chirp_nonces; first += flight) {
        Draft* const drafts = block.drafts + first;
        for (std::uint32_t f = 0; f < flight; ++f)
            for (std::uint32_t t = 0; t < page_nodes; ++t)
                std::memcpy(mixes[f] + t * node_words, drafts[f].seed, sizeof drafts[f].seed);
        for (std::uint32_t access = 0; access < accesses; ++access) {
            const std::uint32_t* const value = values + std::size_t{access} * chirp_nonces + first;
            for (std::uint32_t f = 0; f < flight; ++f) {
                const std::uint32_t picked = fnv(drafts[f].seed[0] ^ access ^ value[f], mixes[f][access]);
                page[f] = data.nodes[std::size_t{data.modulus(picked)} * page_nodes].words;
                fetch_page(page[f]);
            }
            for (std::uint32_t f = 0; f < flight; ++f)
                for (std::uint32_t w = 0; w < mix_words; w += words32)
                    store(mixes[f] + w, (load<U32>(mixes[f] + w) * fnv_prime) ^ load<U32>(page[f] + w));
        }
        for (std::uint32_t f = 0; f < flight; ++f) compress(mixes[f], drafts[f].mix);
    }
}

}  // namespace
}  // namespace octopus
