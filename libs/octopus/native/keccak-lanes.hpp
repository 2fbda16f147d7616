// Nodes in and out of a Keccak-512 of several messages side by side. Included by kernel-*.cpp only.
#pragma once

#include "octopus.hpp"
#include "simd.hpp"

#include "keccak-permutation.hpp"

namespace octopus {
namespace {

constexpr std::uint32_t node_lanes = node_bytes / 8;

/// The state before the permutation: lane k is keyed by nodes[k].
template <typename Vector>
OCTOPUS_INLINE void absorb(const Node* nodes, KeccakState<Vector>& state) noexcept {
    constexpr std::uint32_t count = sizeof(Vector) / 8;
    for (std::uint32_t word = 0; word < node_lanes; word += count) {
        Vector rows[count];
        for (std::uint32_t k = 0; k < count; ++k) rows[k] = load<Vector>(&nodes[k].words[2 * word]);
        transpose(rows);
        for (std::uint32_t k = 0; k < count; ++k) state.lane[word + k] = rows[k];
    }
    // A block of Keccak-512 has nine lanes, so both pads fall into the one after the node.
    static_assert(node_lanes == 8);
    state.lane[node_lanes] = splat<Vector>(keccak_first_pad ^ keccak_last_pad);
    for (std::uint32_t i = node_lanes + 1; i < 25; ++i) state.lane[i] = splat<Vector>(0);
}

template <typename Vector>
OCTOPUS_INLINE void squeeze(const KeccakState<Vector>& state, Node* nodes) noexcept {
    constexpr std::uint32_t count = sizeof(Vector) / 8;
    for (std::uint32_t word = 0; word < node_lanes; word += count) {
        Vector rows[count];
        for (std::uint32_t k = 0; k < count; ++k) rows[k] = state.lane[word + k];
        transpose(rows);
        for (std::uint32_t k = 0; k < count; ++k) store(&nodes[k].words[2 * word], rows[k]);
    }
}

/// All rounds at once.
template <typename Word>
OCTOPUS_INLINE void permute(KeccakState<Word>& state) noexcept {
#pragma GCC unroll 1
    for (std::uint32_t round = 0; round < keccak_round_count; round += 2) keccak_rounds<2>(state, round);
}

}  // namespace
}  // namespace octopus
