// The coefficients of whole warps (step 3), one warp per lane. Included by kernel-*.cpp only.
#pragma once

#include "chirp.hpp"

namespace octopus {
namespace {

/// 64-bit vectors that hold a word of every warp. Warp k is in lane k / sip_vectors of vector k mod sip_vectors, which
/// is where the 32-bit lanes of a U32 are when the vectors' low halves are put side by side.
constexpr std::uint32_t sip_vectors = warps / lanes;
/// Numbers absorbed side by side: enough to hide the latency of a SipRound's chain.
constexpr std::uint32_t sip_numbers = 4 / sip_vectors;

struct SipState {
    U64 s0, s1, s2, s3;

    OCTOPUS_INLINE void round() noexcept {
        s0 += s1;
        s2 += s3;
        s1 = rotl<13>(s1) ^ s0;
        s3 = rotl<16>(s3) ^ s2;
        s0 = rotl<32>(s0) + s3;
        s2 += s1;
        s1 = rotl<17>(s1) ^ s2;
        s3 = rotl<21>(s3) ^ s0;
        s2 = rotl<32>(s2);
    }

    OCTOPUS_INLINE U64 drawn() const noexcept { return xor3(s0, s1, s2) ^ s3; }
};

OCTOPUS_INLINE U32 low_halves(const U64 (&drawn)[sip_vectors]) noexcept {
#if OCTOPUS_LANES == 1
    return static_cast<U32>(drawn[0]);
#else
    static_assert(sip_vectors == 2);
    return reinterpret_cast<U32>((drawn[0] & 0xffffffff) | (drawn[1] << 32));
#endif
}

/// A number of 32 bits to one of 21, modulo P, twice by 2^20 = P + 2^14 - 1.
OCTOPUS_INLINE U32 folded(U32 x) noexcept {
    static_assert((1 << 20) - field_prime == (1 << 14) - 1);
    for (int i = 0; i < 2; ++i) {
        const U32 high = x >> 20;
        x = (x & 0xfffff) + (high << 14) - high;
    }
    return x;
}
static_assert((1 << 20) + ((((1 << 20) + (0xfff << 14)) >> 20) << 14) < residue_limit * field_prime);

/// Coefficients of the warps from that of nonce `first` (a multiple of 32) on, in descending order of powers.
void draw_coefficients(const Header& header, std::uint64_t first, Residue (&coefficient)[points]) noexcept {
    for (std::uint32_t i = 0; i < warp; i += sip_numbers) {
        SipState sip[sip_numbers][sip_vectors];
        U64 number[sip_numbers][sip_vectors];
        for (std::uint32_t n = 0; n < sip_numbers; ++n)
            for (std::uint32_t v = 0; v < sip_vectors; ++v) {
                std::uint64_t numbers[lanes];
                for (std::uint32_t k = 0; k < lanes; ++k)
                    numbers[k] = first + std::uint64_t{k * sip_vectors + v} * warp + i + n;
                number[n][v] = load<U64>(numbers);
                sip[n][v] = {splat(header.words[0]), splat(header.words[1]), splat(header.words[2]),
                             splat(header.words[3]) ^ number[n][v]};
            }
        const auto rounds = [&](int count) noexcept {
            for (; count != 0; --count)
                for (auto& states : sip)
                    for (SipState& state : states) state.round();
        };
        rounds(2);
        for (std::uint32_t n = 0; n < sip_numbers; ++n)
            for (std::uint32_t v = 0; v < sip_vectors; ++v) {
                sip[n][v].s0 ^= number[n][v];
                sip[n][v].s2 ^= splat(0xff);
            }
        rounds(4);
        for (std::uint32_t j = 0; j < warp; ++j) {
            rounds(1);
            for (std::uint32_t n = 0; n < sip_numbers; ++n) {
                U64 drawn[sip_vectors];
                for (std::uint32_t v = 0; v < sip_vectors; ++v) drawn[v] = sip[n][v].drawn();
                coefficient[points - 1 - (warp * j + i + n)] = residue_of(folded(low_halves(drawn)));
            }
        }
    }
}

}  // namespace
}  // namespace octopus
