// The three operations of Keccak. simd.hpp has faster ones for some vectors. No external linkage: see there.
#pragma once

#include <cstdint>

#define OCTOPUS_INLINE [[gnu::always_inline]] inline

namespace octopus {
namespace {

/// Word is a 64-bit word or a vector of them.
template <int Bits, typename Word>
OCTOPUS_INLINE Word rotl(Word x) noexcept {
    return Bits == 0 ? x : (x << Bits) | (x >> ((64 - Bits) % 64));
}

template <typename Word>
OCTOPUS_INLINE Word xor3(Word x, Word y, Word z) noexcept {
    return x ^ y ^ z;
}

/// x ^ (~y & z), the only step of Keccak that is not linear.
template <typename Word>
OCTOPUS_INLINE Word chi(Word x, Word y, Word z) noexcept {
    return x ^ (~y & z);
}

}  // namespace
}  // namespace octopus
