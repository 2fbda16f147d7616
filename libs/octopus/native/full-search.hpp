// A search of the nonces of a header with a data set in memory, a block of warps at a time. Included by kernel-*.cpp only.
//
// Values, seeds, reads and last hashes follow one another. Reads mixed into the computation of the next block's values,
// a page every few hundred instructions, were slower with each number of pages and each hint (2.2-2.9 us per nonce
// instead of 1.9): the values' own reads from the L2 cache wait for the same fill buffers, and translations that are
// not next to each other do not overlap.
#pragma once

#include "full-kernel.hpp"
#include "keccak.hpp"
#include "keccak-lanes.hpp"
#include "page-reader.hpp"
#include "sip-lanes.hpp"

namespace octopus {
namespace {

struct Searcher {
    ChirpPlan plan;
    ChirpBuffers buffers;
    alignas(64) Residue coefficient[points];
    Block block;
    Header header;
};
static_assert(alignof(Searcher) <= page_bytes);

/// Where in a row of drafts lane k of 64-bit vector v is: see sip_vectors.
OCTOPUS_INLINE std::uint32_t draft_of(std::uint32_t v, std::uint32_t k) noexcept { return k * sip_vectors + v; }

/// R of step 5, 64 bits for each warp.
OCTOPUS_INLINE void fold_values(const Block& block, std::uint32_t n, U64 (&folded)[sip_vectors]) noexcept {
    for (U64& word : folded) word = splat(0);
    for (std::uint32_t k = 0; k < warp; ++k) {
        const U32 value = block.values[n + warp * k];
#if OCTOPUS_LANES == 1
        folded[0] = (folded[0] * fnv_prime) ^ value;
#else
        folded[0] = (folded[0] * fnv_prime) ^ (reinterpret_cast<U64>(value) & 0xffffffff);
        folded[1] = (folded[1] * fnv_prime) ^ (reinterpret_cast<U64>(value) >> 32);
#endif
    }
}

/// Seeds of a block's drafts (steps 5 and 6).
void draw_seeds(const Header& header, Block& block) noexcept {
    constexpr std::uint32_t message_words = 5;
    for (std::uint32_t n = 0; n < warp; ++n) {
        U64 folded[sip_vectors];
        fold_values(block, n, folded);
        for (std::uint32_t v = 0; v < sip_vectors; ++v) {
            KeccakState<U64> state;
            for (U64& lane : state.lane) lane = splat(0);
            for (std::uint32_t i = 0; i + 1 < message_words; ++i) state.lane[i] = splat(header.words[i]);
            state.lane[message_words - 1] = folded[v];
            state.lane[message_words] = splat(keccak_first_pad);
            state.lane[keccak512_rate / 8 - 1] = splat(keccak_last_pad);
            keccak_rounds<keccak_round_count>(state, 0);
            Draft* const row = block.drafts + n * warps;
            for (std::uint32_t word = 0; word < node_lanes; word += lanes) {
                U64 rows[lanes];
                for (std::uint32_t k = 0; k < lanes; ++k) rows[k] = state.lane[word + k];
                transpose(rows);
                for (std::uint32_t k = 0; k < lanes; ++k) store(&row[draft_of(v, k)].seed[2 * word], rows[k]);
            }
        }
    }
}

OCTOPUS_INLINE std::uint64_t big_endian(const std::uint8_t* bytes) noexcept {
    std::uint64_t word;
    std::memcpy(&word, bytes, sizeof word);
    return __builtin_bswap64(word);
}

/// Hashes of a block's drafts (step 9), `lanes` at a time: those that are not above the limit go to hits.
std::uint32_t finish(const Block& block, std::uint64_t first, const std::uint8_t (&limit)[hash_bytes],
                     FullHit* hits) noexcept {
    constexpr std::uint32_t draft_words = offsetof(Draft, unused) / 8;
    const std::uint64_t limit_word = big_endian(limit);
    std::uint32_t count = 0;
    for (std::uint32_t draft = 0; draft < chirp_nonces; draft += lanes) {
        KeccakState<U64> state;
        for (U64& lane : state.lane) lane = splat(0);
        for (std::uint32_t word = 0; word < sizeof(Draft) / 8; word += lanes) {
            U64 rows[lanes];
            const auto* words = reinterpret_cast<const std::uint8_t*>(block.drafts + draft) + 8 * word;
            for (std::uint32_t k = 0; k < lanes; ++k) rows[k] = load<U64>(words + k * sizeof(Draft));
            transpose(rows);
            for (std::uint32_t k = 0; k < lanes && word + k < draft_words; ++k) state.lane[word + k] = rows[k];
        }
        state.lane[draft_words] = splat(keccak_first_pad);
        state.lane[keccak256_rate / 8 - 1] = splat(keccak_last_pad);
        keccak_rounds<keccak_round_count>(state, 0);
        std::uint64_t hash[hash_bytes / 8][lanes];
        for (std::uint32_t i = 0; i < hash_bytes / 8; ++i) store(hash[i], state.lane[i]);
        for (std::uint32_t k = 0; k < lanes; ++k) {
            if (__builtin_bswap64(hash[0][k]) > limit_word) [[likely]] continue;
            FullHit& hit = hits[count];
            for (std::uint32_t i = 0; i < hash_bytes / 8; ++i) std::memcpy(hit.hash + 8 * i, &hash[i][k], 8);
            if (std::memcmp(hit.hash, limit, hash_bytes) > 0) continue;
            hit.nonce = first + (draft + k) % warps * warp + (draft + k) / warps;
            ++count;
        }
    }
    return count;
}

void draw_values(Searcher& searcher, std::uint64_t first) noexcept {
    draw_coefficients(searcher.header, first, searcher.coefficient);
    evaluate_warps(searcher.plan, searcher.coefficient, searcher.buffers, searcher.block.values);
}

void full_open(void* memory) noexcept { set_roots(static_cast<Searcher*>(memory)->plan); }

void full_set_header(void* memory, const Header& header) noexcept {
    Searcher& searcher = *static_cast<Searcher*>(memory);
    searcher.header = header;
    set_header(searcher.plan, header, searcher.buffers);
}

std::uint32_t full_search(void* memory, const DataSetView& data, std::uint64_t first,
                          const std::uint8_t (&limit)[hash_bytes], FullHit* hits) noexcept {
    Searcher& searcher = *static_cast<Searcher*>(memory);
    draw_values(searcher, first);
    draw_seeds(searcher.header, searcher.block);
    read_pages(data, searcher.block);
    return finish(searcher.block, first, limit, hits);
}

void full_values(void* memory, std::uint64_t first, std::uint32_t (*values)[warp]) noexcept {
    Searcher& searcher = *static_cast<Searcher*>(memory);
    draw_values(searcher, first);
    const auto* words = reinterpret_cast<const std::uint8_t*>(searcher.block.values);
    for (std::uint32_t i = 0; i < points; ++i)
        for (std::uint32_t k = 0; k < warps; ++k)
            std::memcpy(&values[k * warp + i % warp][i / warp], words + 4 * (std::size_t{i} * warps + k), 4);
}

constexpr FullKernel full_kernel_with(const char* name) noexcept {
    return {name, sizeof(Searcher), chirp_nonces, full_open, full_set_header, full_search, full_values};
}

}  // namespace
}  // namespace octopus
