// Numbers modulo the field prime in vectors of floats, one per warp, and their products with constants. Included by
// kernel-*.cpp only.
//
// A residue is an integer of either sign, exact as long as it is below 2^24. Sums are not reduced; a product is, since
// its operand may be as large as residue_limit. Six instructions a product, none of them on integers. By count of
// instructions, 32-bit Shoup products take ten and 52-bit ones (IFMA) six, but both need more for a difference.
#pragma once

#include "field.hpp"
#include "simd.hpp"

#if OCTOPUS_LANES == 2
#include <arm_neon.h>
#elif OCTOPUS_LANES > 2
#include <immintrin.h>
#endif
#if OCTOPUS_LANES == 4 && !defined(__FMA__)
#error "compile with -mfma: every processor with AVX2 but the VIA ones has it"
#endif

namespace octopus {
namespace {

/// What a product's operand may be: its quotient has to be below 2^22, and the constant is at most P / 2.
constexpr double residue_limit = double{1 << 23} / field_prime;

/// The most that |times(x, factor)| can be, in units of P, for |x| = operand: half of P by rounding the quotient, and
/// what the quotient of 24 bits is wrong by.
constexpr double product_bound(double operand) noexcept { return 0.5 + operand * field_prime / (1 << 25); }
static_assert(product_bound(residue_limit) <= 0.75);

#if OCTOPUS_LANES == 1

using Residue = std::int32_t;

/// A constant between -P / 2 and P / 2 with what its products' quotients need: constant · 2^32 / P.
struct Factor {
    std::int32_t constant;
    std::int32_t quotient;
};

OCTOPUS_INLINE Factor factor_of(std::uint32_t number) noexcept {
    const auto constant = static_cast<std::int32_t>(number > field_prime / 2 ? number - field_prime : number);
    return {constant, static_cast<std::int32_t>((std::int64_t{constant} << 32) / field_prime)};
}

OCTOPUS_INLINE Residue times(Residue x, const Factor& factor) noexcept {
    const std::int64_t quotient = (std::int64_t{x} * factor.quotient + (std::int64_t{1} << 31)) >> 32;
    return static_cast<Residue>(std::int64_t{x} * factor.constant - quotient * field_prime);
}

OCTOPUS_INLINE Residue reduced(Residue x) noexcept { return times(x, Factor{1, (std::int64_t{1} << 32) / field_prime}); }

OCTOPUS_INLINE Residue residue_of(U32 x) noexcept { return static_cast<Residue>(x); }

OCTOPUS_INLINE U32 canonical_words(Residue x) noexcept {
    const Residue near = reduced(x);
    return static_cast<U32>(near < 0 ? near + static_cast<Residue>(field_prime) : near);
}

#else

typedef float Residue __attribute__((vector_size(8 * OCTOPUS_LANES)));
typedef std::int32_t Signed32 __attribute__((vector_size(8 * OCTOPUS_LANES)));

/// A constant between -P / 2 and P / 2, and its quotient by P.
struct Factor {
    float constant;
    float quotient;
};

OCTOPUS_INLINE Factor factor_of(std::uint32_t number) noexcept {
    const double constant = number > field_prime / 2 ? double(number) - field_prime : double(number);
    return {static_cast<float>(constant), static_cast<float>(constant / field_prime)};
}

OCTOPUS_INLINE Residue splat_residue(float number) noexcept { return Residue{} + number; }

/// x · y + z, rounded once.
OCTOPUS_INLINE Residue multiply_add(Residue x, Residue y, Residue z) noexcept {
#if OCTOPUS_LANES == 8
    return reinterpret_cast<Residue>(_mm512_fmadd_ps(reinterpret_cast<__m512>(x), reinterpret_cast<__m512>(y),
                                                     reinterpret_cast<__m512>(z)));
#elif OCTOPUS_LANES == 4
    return reinterpret_cast<Residue>(_mm256_fmadd_ps(reinterpret_cast<__m256>(x), reinterpret_cast<__m256>(y),
                                                     reinterpret_cast<__m256>(z)));
#else
    return reinterpret_cast<Residue>(vfmaq_f32(reinterpret_cast<float32x4_t>(z), reinterpret_cast<float32x4_t>(x),
                                               reinterpret_cast<float32x4_t>(y)));
#endif
}

/// z - x · y, rounded once.
OCTOPUS_INLINE Residue subtract_product(Residue z, Residue x, Residue y) noexcept {
#if OCTOPUS_LANES == 8
    return reinterpret_cast<Residue>(_mm512_fnmadd_ps(reinterpret_cast<__m512>(x), reinterpret_cast<__m512>(y),
                                                      reinterpret_cast<__m512>(z)));
#elif OCTOPUS_LANES == 4
    return reinterpret_cast<Residue>(_mm256_fnmadd_ps(reinterpret_cast<__m256>(x), reinterpret_cast<__m256>(y),
                                                      reinterpret_cast<__m256>(z)));
#else
    return reinterpret_cast<Residue>(vfmsq_f32(reinterpret_cast<float32x4_t>(z), reinterpret_cast<float32x4_t>(x),
                                               reinterpret_cast<float32x4_t>(y)));
#endif
}

/// Added to a number below 2^22 it leaves no bits for a fraction: the sum is rounded to an integer.
constexpr float rounding_magic = 3 << 22;

OCTOPUS_INLINE Residue rounded_product(Residue x, float y) noexcept {
    return multiply_add(x, splat_residue(y), splat_residue(rounding_magic)) - splat_residue(rounding_magic);
}

/// The product is high - error exactly; high minus a near multiple of P is a small integer, so it is exact as well.
OCTOPUS_INLINE Residue times(Residue x, const Factor& factor) noexcept {
    const Residue constant = splat_residue(factor.constant);
    const Residue high = x * constant;
    const Residue error = subtract_product(high, x, constant);
    const Residue quotient = rounded_product(x, factor.quotient);
    return subtract_product(high, quotient, splat_residue(field_prime)) - error;
}

/// x less the nearest multiple of P: as times(x, 1), in half the instructions.
OCTOPUS_INLINE Residue reduced(Residue x) noexcept {
    return subtract_product(x, rounded_product(x, 1.0f / field_prime), splat_residue(field_prime));
}

/// Of numbers below 2^24.
OCTOPUS_INLINE Residue residue_of(U32 x) noexcept {
    return __builtin_convertvector(reinterpret_cast<Signed32>(x), Residue);
}

/// The numbers from 0 to P - 1.
OCTOPUS_INLINE U32 canonical_words(Residue x) noexcept {
    const Signed32 near = __builtin_convertvector(reduced(x), Signed32);
    return reinterpret_cast<U32>(near + (reinterpret_cast<Signed32>(near < 0) & static_cast<std::int32_t>(field_prime)));
}

#endif

}  // namespace
}  // namespace octopus
