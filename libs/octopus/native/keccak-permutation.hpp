// The permutation Keccak-f[1600] on words or on vectors of words, one message per lane. Include simd.hpp before it where
// vectors are wanted.
#pragma once

#include "word.hpp"

namespace octopus {
namespace {

constexpr std::uint32_t keccak_round_count = 24;

constexpr std::uint64_t keccak_round_constants[keccak_round_count] = {
    0x0000000000000001, 0x0000000000008082, 0x800000000000808a, 0x8000000080008000, 0x000000000000808b,
    0x0000000080000001, 0x8000000080008081, 0x8000000000008009, 0x000000000000008a, 0x0000000000000088,
    0x0000000080008009, 0x000000008000000a, 0x000000008000808b, 0x800000000000008b, 0x8000000000008089,
    0x8000000000008003, 0x8000000000008002, 0x8000000000000080, 0x000000000000800a, 0x800000008000000a,
    0x8000000080008081, 0x8000000000008080, 0x0000000080000001, 0x8000000080008008};

constexpr int keccak_rotations[25] = {0,  1,  62, 28, 27, 36, 44, 6,  55, 20, 3,  10, 43,
                                      25, 39, 41, 45, 15, 21, 8,  18, 2,  61, 56, 14};

/// Lane (x, y) of the state has index x + 5y.
template <typename Word>
struct KeccakState {
    Word lane[25];
};

/// Row Y of the next state comes, by the pi step, from lanes (X + 3Y, X) of this one.
template <std::uint32_t X, std::uint32_t Y, typename Word>
OCTOPUS_INLINE Word keccak_moved(const KeccakState<Word>& in, const Word (&theta)[5]) noexcept {
    constexpr std::uint32_t x = (X + 3 * Y) % 5;
    return rotl<keccak_rotations[x + 5 * X]>(in.lane[x + 5 * X] ^ theta[x]);
}

template <std::uint32_t Y, typename Word>
OCTOPUS_INLINE void keccak_row(const KeccakState<Word>& in, const Word (&theta)[5], KeccakState<Word>& out) noexcept {
    const Word b0 = keccak_moved<0, Y>(in, theta);
    const Word b1 = keccak_moved<1, Y>(in, theta);
    const Word b2 = keccak_moved<2, Y>(in, theta);
    const Word b3 = keccak_moved<3, Y>(in, theta);
    const Word b4 = keccak_moved<4, Y>(in, theta);
    out.lane[5 * Y + 0] = chi(b0, b1, b2);
    out.lane[5 * Y + 1] = chi(b1, b2, b3);
    out.lane[5 * Y + 2] = chi(b2, b3, b4);
    out.lane[5 * Y + 3] = chi(b3, b4, b0);
    out.lane[5 * Y + 4] = chi(b4, b0, b1);
}

template <typename Word>
OCTOPUS_INLINE void keccak_round(const KeccakState<Word>& in, KeccakState<Word>& out, std::uint64_t constant) noexcept {
    Word column[5];
    for (std::uint32_t x = 0; x < 5; ++x)
        column[x] = xor3(xor3(in.lane[x], in.lane[x + 5], in.lane[x + 10]), in.lane[x + 15], in.lane[x + 20]);
    Word theta[5];
    for (std::uint32_t x = 0; x < 5; ++x) theta[x] = column[(x + 4) % 5] ^ rotl<1>(column[(x + 1) % 5]);
    keccak_row<0>(in, theta, out);
    keccak_row<1>(in, theta, out);
    keccak_row<2>(in, theta, out);
    keccak_row<3>(in, theta, out);
    keccak_row<4>(in, theta, out);
    out.lane[0] = out.lane[0] ^ constant;
}

/// Rounds first, first + 1, ... first + Count - 1. Count is even: the state goes to a second one and back, so that no
/// lane is ever copied.
template <std::uint32_t Count, typename Word>
OCTOPUS_INLINE void keccak_rounds(KeccakState<Word>& state, std::uint32_t first) noexcept {
    static_assert(Count % 2 == 0);
    KeccakState<Word> other;
    for (std::uint32_t i = first; i < first + Count; i += 2) {
        keccak_round(state, other, keccak_round_constants[i]);
        keccak_round(other, state, keccak_round_constants[i + 1]);
    }
}

constexpr std::uint64_t keccak_first_pad = 0x01;
constexpr std::uint64_t keccak_last_pad = std::uint64_t{0x80} << 56;

}  // namespace
}  // namespace octopus
