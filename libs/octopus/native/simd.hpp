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
constexpr std::size_t vector_bytes = 8 * lanes;

#if OCTOPUS_LANES == 1
using U64 = std::uint64_t;
using U32 = std::uint32_t;
#else
typedef std::uint64_t U64 __attribute__((vector_size(8 * OCTOPUS_LANES)));
typedef std::uint32_t U32 __attribute__((vector_size(8 * OCTOPUS_LANES)));
#endif

/// 32-bit words of one U32.
constexpr std::uint32_t words32 = sizeof(U32) / 4;

OCTOPUS_INLINE U64 splat(std::uint64_t word) noexcept {
#if OCTOPUS_LANES == 1
    return word;
#else
    return U64{} + word;
#endif
}

OCTOPUS_INLINE U32 splat32(std::uint32_t word) noexcept {
#if OCTOPUS_LANES == 1
    return word;
#else
    return U32{} + word;
#endif
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

#if OCTOPUS_LANES > 1
template <int Bits>
OCTOPUS_INLINE U64 rotl(U64 x) noexcept {
    return Bits == 0 ? x : (x << Bits) | (x >> ((64 - Bits) % 64));
}

OCTOPUS_INLINE U64 xor3(U64 x, U64 y, U64 z) noexcept {
#if OCTOPUS_LANES == 8
    return reinterpret_cast<U64>(_mm512_ternarylogic_epi64(
        reinterpret_cast<__m512i>(x), reinterpret_cast<__m512i>(y), reinterpret_cast<__m512i>(z), 0x96));
#else
    return x ^ y ^ z;
#endif
}

OCTOPUS_INLINE U64 chi(U64 x, U64 y, U64 z) noexcept {
#if OCTOPUS_LANES == 8
    return reinterpret_cast<U64>(_mm512_ternarylogic_epi64(
        reinterpret_cast<__m512i>(x), reinterpret_cast<__m512i>(y), reinterpret_cast<__m512i>(z), 0xd2));
#else
    return x ^ (~y & z);
#endif
}
#endif

/// The product of the low 32 bits of each lane.
OCTOPUS_INLINE U64 multiply_low(U64 x, U64 y) noexcept {
#if OCTOPUS_LANES == 8
    return reinterpret_cast<U64>(
        _mm512_maskz_mul_epu32(0xff, reinterpret_cast<__m512i>(x), reinterpret_cast<__m512i>(y)));
#else
    return (x & 0xffffffff) * (y & 0xffffffff);
#endif
}

/// Transposes a square of lanes x lanes words: rows[i] lane k <-> rows[k] lane i.
OCTOPUS_INLINE void transpose(U64 (&rows)[lanes]) noexcept {
    [[maybe_unused]] const auto swap = [&](std::uint32_t i, std::uint32_t k, auto low, auto high) noexcept {
        const U64 first = rows[i];
        rows[i] = low(first, rows[k]);
        rows[k] = high(first, rows[k]);
    };
#if OCTOPUS_LANES == 2
    swap(0, 1, [](U64 x, U64 y) { return __builtin_shufflevector(x, y, 0, 2); },
         [](U64 x, U64 y) { return __builtin_shufflevector(x, y, 1, 3); });
#elif OCTOPUS_LANES == 4
    for (std::uint32_t i : {0u, 2u})
        swap(i, i + 1, [](U64 x, U64 y) { return __builtin_shufflevector(x, y, 0, 4, 2, 6); },
             [](U64 x, U64 y) { return __builtin_shufflevector(x, y, 1, 5, 3, 7); });
    for (std::uint32_t i : {0u, 1u})
        swap(i, i + 2, [](U64 x, U64 y) { return __builtin_shufflevector(x, y, 0, 1, 4, 5); },
             [](U64 x, U64 y) { return __builtin_shufflevector(x, y, 2, 3, 6, 7); });
#elif OCTOPUS_LANES == 8
    for (std::uint32_t i : {0u, 2u, 4u, 6u})
        swap(i, i + 1, [](U64 x, U64 y) { return __builtin_shufflevector(x, y, 0, 8, 2, 10, 4, 12, 6, 14); },
             [](U64 x, U64 y) { return __builtin_shufflevector(x, y, 1, 9, 3, 11, 5, 13, 7, 15); });
    for (std::uint32_t i : {0u, 1u, 4u, 5u})
        swap(i, i + 2, [](U64 x, U64 y) { return __builtin_shufflevector(x, y, 0, 1, 8, 9, 4, 5, 12, 13); },
             [](U64 x, U64 y) { return __builtin_shufflevector(x, y, 2, 3, 10, 11, 6, 7, 14, 15); });
    for (std::uint32_t i : {0u, 1u, 2u, 3u})
        swap(i, i + 4, [](U64 x, U64 y) { return __builtin_shufflevector(x, y, 0, 1, 2, 3, 8, 9, 10, 11); },
             [](U64 x, U64 y) { return __builtin_shufflevector(x, y, 4, 5, 6, 7, 12, 13, 14, 15); });
#endif
}

}  // namespace
}  // namespace octopus
