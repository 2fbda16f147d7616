// Nodes in and out of a Keccak-512 of several messages side by side. Included by kernel-*.cpp only.
#pragma once

#include "octopus.hpp"
#include "simd.hpp"

#include "keccak-permutation.hpp"

namespace octopus {
namespace {

using KeccakLanes = KeccakState<U64>;

constexpr std::uint32_t node_lanes = node_bytes / 8;

/// The state before the permutation: lane k is keyed by nodes[k].
OCTOPUS_INLINE void absorb(const Node* nodes, KeccakLanes& state) noexcept {
    for (std::uint32_t word = 0; word < node_lanes; word += lanes) {
        U64 rows[lanes];
        for (std::uint32_t k = 0; k < lanes; ++k) rows[k] = load<U64>(&nodes[k].words[2 * word]);
        transpose(rows);
        for (std::uint32_t k = 0; k < lanes; ++k) state.lane[word + k] = rows[k];
    }
    // A block of Keccak-512 has nine lanes, so both pads fall into the one after the node.
    static_assert(node_lanes == 8);
    state.lane[node_lanes] = splat(keccak_first_pad ^ keccak_last_pad);
    for (std::uint32_t i = node_lanes + 1; i < 25; ++i) state.lane[i] = splat(0);
}

OCTOPUS_INLINE void squeeze(const KeccakLanes& state, Node* nodes) noexcept {
    for (std::uint32_t word = 0; word < node_lanes; word += lanes) {
        U64 rows[lanes];
        for (std::uint32_t k = 0; k < lanes; ++k) rows[k] = state.lane[word + k];
        transpose(rows);
        for (std::uint32_t k = 0; k < lanes; ++k) store(&nodes[k].words[2 * word], rows[k]);
    }
}

}  // namespace
}  // namespace octopus
