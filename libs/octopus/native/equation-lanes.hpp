// The algebra of a hash (steps 3 and 4): 1024 coefficients by SipHash, 32 values by evaluation, several lanes at a time.
// Included by kernel-*.cpp only.
#pragma once

#include "field.hpp"
#include "simd.hpp"

namespace octopus {
namespace {

/// x mod P for x < 2^49, or P more: less than 2P. Barrett with a reciprocal of 32 bits: the quotient is at most one and
/// a half too small, since x / 2^19 loses half a P and the reciprocal less than a quarter.
OCTOPUS_INLINE U64 reduce(U64 x) noexcept {
    constexpr std::uint64_t reciprocal = (std::uint64_t{1} << 51) / field_prime;
    static_assert(reciprocal < (std::uint64_t{1} << 32));
    const U64 quotient = multiply_low(x >> 19, splat(reciprocal)) >> 32;
    return x - multiply_low(quotient, splat(field_prime));
}

OCTOPUS_INLINE U64 canonical(U64 x) noexcept { return x >= splat(field_prime) ? x - splat(field_prime) : x; }

constexpr std::uint32_t warp_vectors = warp / lanes;
static_assert(warp % (4 * lanes) == 0);

/// 32 SipHash states side by side.
struct SipLanes {
    U64 s0[warp_vectors], s1[warp_vectors], s2[warp_vectors], s3[warp_vectors];

    OCTOPUS_INLINE void round() noexcept {
        for (std::uint32_t v = 0; v < warp_vectors; ++v) {
            s0[v] += s1[v];
            s2[v] += s3[v];
            s1[v] = rotl<13>(s1[v]) ^ s0[v];
            s3[v] = rotl<16>(s3[v]) ^ s2[v];
            s0[v] = rotl<32>(s0[v]) + s3[v];
            s2[v] += s1[v];
            s1[v] = rotl<17>(s1[v]) ^ s2[v];
            s3[v] = rotl<21>(s3[v]) ^ s0[v];
            s2[v] = rotl<32>(s2[v]);
        }
    }
};

/// Coefficients of a polynomial, below 2P.
struct Polynomial {
    alignas(64) std::uint64_t d[coefficients];
};

/// SipHash-2-4 keyed by the header absorbs the number of each of the warp's 32 nonces, then is read 32 times.
inline void polynomial_of_warp(const Header& header, std::uint64_t nonce, Polynomial& polynomial) noexcept {
    const std::uint64_t base = nonce / warp * warp;
    SipLanes sip;
    U64 number[warp_vectors];
    for (std::uint32_t v = 0; v < warp_vectors; ++v) {
        std::uint64_t numbers[lanes];
        for (std::uint32_t i = 0; i < lanes; ++i) numbers[i] = base + v * lanes + i;
        number[v] = load<U64>(numbers);
        sip.s0[v] = splat(header.words[0]);
        sip.s1[v] = splat(header.words[1]);
        sip.s2[v] = splat(header.words[2]);
        sip.s3[v] = splat(header.words[3]) ^ number[v];
    }
    for (int i = 0; i < 2; ++i) sip.round();
    for (std::uint32_t v = 0; v < warp_vectors; ++v) {
        sip.s0[v] ^= number[v];
        sip.s2[v] ^= splat(0xff);
    }
    for (int i = 0; i < 4; ++i) sip.round();
    for (std::uint32_t j = 0; j < warp; ++j) {
        sip.round();
        for (std::uint32_t v = 0; v < warp_vectors; ++v) {
            const U64 drawn = xor3(sip.s0[v], sip.s1[v], sip.s2[v]) ^ sip.s3[v];
            store(&polynomial.d[warp * j + v * lanes], reduce(drawn & splat(0xffffffff)));
        }
    }
}

/// r[0..31] of step 4: the polynomial of the nonce's warp at the 32 points of the nonce.
inline void evaluate(const Header& header, std::uint64_t nonce, std::uint32_t (&values)[warp]) noexcept {
    Polynomial polynomial;
    polynomial_of_warp(header, nonce, polynomial);

    const std::uint32_t step = power(header.w, warp);
    std::uint32_t point = power(header.w, static_cast<std::uint32_t>(nonce % warp));
    std::uint64_t points[warp];
    for (std::uint32_t k = 0; k < warp; ++k, point = multiply(point, step)) points[k] = point;

    // Horner over blocks of 32 terms. Inside a block nothing is reduced: 32 products of 21-bit numbers fit 47 bits.
    constexpr std::uint32_t side = 4;
    for (std::uint32_t v = 0; v < warp_vectors; v += side) {
        U64 powers[warp][side], stride[side], value[side];
        for (std::uint32_t s = 0; s < side; ++s) {
            const U64 w = load<U64>(&points[(v + s) * lanes]);
            const U64 linear = reduce(multiply_low(splat(header.a), w) + splat(header.b));
            const U64 x = canonical(reduce(multiply_low(linear, w) + splat(header.c)));
            powers[0][s] = splat(1);
            for (std::uint32_t i = 1; i < warp; ++i)
                powers[i][s] = canonical(reduce(multiply_low(powers[i - 1][s], x)));
            stride[s] = canonical(reduce(multiply_low(powers[warp - 1][s], x)));
            value[s] = splat(0);
        }
        for (std::uint32_t block = coefficients; block != 0;) {
            block -= warp;
            U64 sum[side];
            for (std::uint32_t s = 0; s < side; ++s) sum[s] = multiply_low(value[s], stride[s]);
            for (std::uint32_t i = 0; i < warp; ++i)
                for (std::uint32_t s = 0; s < side; ++s)
                    sum[s] += multiply_low(splat(polynomial.d[block + i]), powers[i][s]);
            for (std::uint32_t s = 0; s < side; ++s) value[s] = reduce(sum[s]);
        }
        for (std::uint32_t s = 0; s < side; ++s) {
            std::uint64_t row[lanes];
            store(row, canonical(value[s]));
            for (std::uint32_t i = 0; i < lanes; ++i)
                values[(v + s) * lanes + i] = static_cast<std::uint32_t>(row[i]);
        }
    }
}

}  // namespace
}  // namespace octopus
