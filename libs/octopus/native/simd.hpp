// Vectors of 64-bit and 32-bit words, as wide as the including file's instruction set has them: OCTOPUS_LANES 64-bit
// words. Included by kernel-*.cpp only, each compiled with flags of its own; so nothing here may have external linkage,
// or the linker could put code for one processor into another's path.
#pragma once

#include <cstddef>
#include <cstring>
#include <initializer_list>

#include "word.hpp"

#ifdef __AVX512F__
#include <immintrin.h>
#endif

namespace octopus {
namespace {

constexpr std::uint32_t lanes = OCTOPUS_LANES;

typedef std::uint64_t U64x2 __attribute__((vector_size(16)));
typedef std::uint64_t U64x4 __attribute__((vector_size(32)));
typedef std::uint64_t U64x8 __attribute__((vector_size(64)));

#if OCTOPUS_LANES == 1
using U64 = std::uint64_t;
using U32 = std::uint32_t;
#elif OCTOPUS_LANES == 2
using U64 = U64x2;
typedef std::uint32_t U32 __attribute__((vector_size(16)));
#elif OCTOPUS_LANES == 4
using U64 = U64x4;
typedef std::uint32_t U32 __attribute__((vector_size(32)));
#elif OCTOPUS_LANES == 8
using U64 = U64x8;
typedef std::uint32_t U32 __attribute__((vector_size(64)));
#endif
/// For four messages or fewer: a Keccak of four lanes takes two thirds of the time of one of eight.
#if OCTOPUS_LANES == 8
using Narrow = U64x4;
#else
using Narrow = U64;
#endif
static_assert(sizeof(U64) == 8 * lanes && sizeof(U32) == (lanes == 1 ? 4 : sizeof(U64)));

/// 32-bit words of one U32.
constexpr std::uint32_t words32 = sizeof(U32) / 4;

template <typename Vector = U64>
OCTOPUS_INLINE Vector splat(std::uint64_t word) noexcept {
    return Vector{} + word;
}

/// Copies of vectors from and to memory of any type and alignment.
template <typename Vector>
OCTOPUS_INLINE Vector load(const void* from) noexcept {
    Vector vector;
    std::memcpy(&vector, from, sizeof vector);
    return vector;
}

template <typename Vector>
OCTOPUS_INLINE void store(void* to, Vector vector) noexcept {
    std::memcpy(to, &vector, sizeof vector);
}

/// The product of the low 32 bits of each lane.
OCTOPUS_INLINE U64 multiply_low(U64 x, U64 y) noexcept {
#if OCTOPUS_LANES == 8
    return reinterpret_cast<U64>(
        _mm512_maskz_mul_epu32(0xff, reinterpret_cast<__m512i>(x), reinterpret_cast<__m512i>(y)));
#else
    return (x & 0xffffffff) * (y & 0xffffffff);
#endif
}

#ifdef __AVX512VL__
// One instruction instead of two, which GCC 12 does not find.
OCTOPUS_INLINE U64x4 xor3(U64x4 x, U64x4 y, U64x4 z) noexcept {
    return reinterpret_cast<U64x4>(_mm256_ternarylogic_epi64(reinterpret_cast<__m256i>(x),
                                                             reinterpret_cast<__m256i>(y),
                                                             reinterpret_cast<__m256i>(z), 0x96));
}
OCTOPUS_INLINE U64x8 xor3(U64x8 x, U64x8 y, U64x8 z) noexcept {
    return reinterpret_cast<U64x8>(_mm512_ternarylogic_epi64(reinterpret_cast<__m512i>(x),
                                                             reinterpret_cast<__m512i>(y),
                                                             reinterpret_cast<__m512i>(z), 0x96));
}
OCTOPUS_INLINE U64x4 chi(U64x4 x, U64x4 y, U64x4 z) noexcept {
    return reinterpret_cast<U64x4>(_mm256_ternarylogic_epi64(reinterpret_cast<__m256i>(x),
                                                             reinterpret_cast<__m256i>(y),
                                                             reinterpret_cast<__m256i>(z), 0xd2));
}
OCTOPUS_INLINE U64x8 chi(U64x8 x, U64x8 y, U64x8 z) noexcept {
    return reinterpret_cast<U64x8>(_mm512_ternarylogic_epi64(reinterpret_cast<__m512i>(x),
                                                             reinterpret_cast<__m512i>(y),
                                                             reinterpret_cast<__m512i>(z), 0xd2));
}
#endif

/// Transposes a square of words: rows[i] lane k <-> rows[k] lane i.
OCTOPUS_INLINE void transpose(std::uint64_t (&)[1]) noexcept {}

#define OCTOPUS_SWAP(Vector, i, k, low, high)                                     \
    {                                                                             \
        const Vector first = rows[i], second = rows[k];                           \
        rows[i] = __builtin_shufflevector(first, second, OCTOPUS_UNPACK low);     \
        rows[k] = __builtin_shufflevector(first, second, OCTOPUS_UNPACK high);    \
    }
#define OCTOPUS_UNPACK(...) __VA_ARGS__

OCTOPUS_INLINE void transpose(U64x2 (&rows)[2]) noexcept { OCTOPUS_SWAP(U64x2, 0, 1, (0, 2), (1, 3)) }

OCTOPUS_INLINE void transpose(U64x4 (&rows)[4]) noexcept {
    for (std::uint32_t i : {0u, 2u}) OCTOPUS_SWAP(U64x4, i, i + 1, (0, 4, 2, 6), (1, 5, 3, 7))
    for (std::uint32_t i : {0u, 1u}) OCTOPUS_SWAP(U64x4, i, i + 2, (0, 1, 4, 5), (2, 3, 6, 7))
}

OCTOPUS_INLINE void transpose(U64x8 (&rows)[8]) noexcept {
    for (std::uint32_t i : {0u, 2u, 4u, 6u})
        OCTOPUS_SWAP(U64x8, i, i + 1, (0, 8, 2, 10, 4, 12, 6, 14), (1, 9, 3, 11, 5, 13, 7, 15))
    for (std::uint32_t i : {0u, 1u, 4u, 5u})
        OCTOPUS_SWAP(U64x8, i, i + 2, (0, 1, 8, 9, 4, 5, 12, 13), (2, 3, 10, 11, 6, 7, 14, 15))
    for (std::uint32_t i : {0u, 1u, 2u, 3u})
        OCTOPUS_SWAP(U64x8, i, i + 4, (0, 1, 2, 3, 8, 9, 10, 11), (4, 5, 6, 7, 12, 13, 14, 15))
}

#undef OCTOPUS_SWAP
#undef OCTOPUS_UNPACK

}  // namespace
}  // namespace octopus
