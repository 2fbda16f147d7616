// The algebra of a hash: four field elements from the header, 1024 coefficients by SipHash, 32 values by evaluation.
#include <bit>
#include <numeric>

#include "octopus.hpp"

namespace octopus {

namespace {

constexpr std::uint32_t multiply(std::uint32_t x, std::uint32_t y) noexcept {
    return static_cast<std::uint32_t>(std::uint64_t{x} * y % field_prime);
}

constexpr std::uint32_t power(std::uint32_t base, std::uint32_t exponent) noexcept {
    std::uint32_t result = 1;
    for (; exponent != 0; exponent >>= 1) {
        if (exponent & 1) result = multiply(result, base);
        base = multiply(base, base);
    }
    return result;
}

static_assert(power(field_generator, field_prime - 1) == 1);
static_assert(power(field_generator, (field_prime - 1) / 2) != 1);

// A generator of the field: the generator raised to an exponent made coprime to P - 1.
std::uint32_t remap(std::uint64_t h) noexcept {
    auto exponent = static_cast<std::uint32_t>(h % (field_prime - 2)) + 1;
    for (std::uint32_t g; (g = std::gcd(exponent, field_prime - 1)) != 1;) exponent /= g;
    return power(field_generator, exponent);
}

// 32 SipHash states side by side, word s of lane i at [s][i], so that compilers use whatever vectors there are.
struct SipLanes {
    std::array<std::array<std::uint64_t, warp>, 4> s;

    void rounds(int count) noexcept {
        for (; count > 0; --count) {
            for (std::uint32_t i = 0; i < warp; ++i) {
                s[0][i] += s[1][i];
                s[2][i] += s[3][i];
                s[1][i] = std::rotl(s[1][i], 13) ^ s[0][i];
                s[3][i] = std::rotl(s[3][i], 16) ^ s[2][i];
                s[0][i] = std::rotl(s[0][i], 32) + s[3][i];
                s[2][i] += s[1][i];
                s[1][i] = std::rotl(s[1][i], 17) ^ s[2][i];
                s[3][i] = std::rotl(s[3][i], 21) ^ s[0][i];
                s[2][i] = std::rotl(s[2][i], 32);
            }
        }
    }
};

using Polynomial = std::array<std::uint32_t, coefficients>;

// SipHash-2-4 keyed by the header absorbs the number of each of the warp's 32 nonces, then is read 32 times.
Polynomial polynomial_of_warp(const Header& header, std::uint64_t nonce) noexcept {
    const std::uint64_t base = nonce / warp * warp;
    SipLanes sip;
    for (std::uint32_t i = 0; i < warp; ++i) {
        for (std::size_t word = 0; word < 4; ++word) sip.s[word][i] = header.words[word];
        sip.s[3][i] ^= base + i;
    }
    sip.rounds(2);
    for (std::uint32_t i = 0; i < warp; ++i) {
        sip.s[0][i] ^= base + i;
        sip.s[2][i] ^= 0xff;
    }
    sip.rounds(4);
    Polynomial d;
    for (std::uint32_t j = 0; j < warp; ++j) {
        sip.rounds(1);
        for (std::uint32_t i = 0; i < warp; ++i) {
            const std::uint64_t drawn = sip.s[0][i] ^ sip.s[1][i] ^ sip.s[2][i] ^ sip.s[3][i];
            d[warp * j + i] = static_cast<std::uint32_t>(drawn) % field_prime;
        }
    }
    return d;
}

// Horner over blocks of 32 terms. Inside a block nothing is reduced: 32 products of 20-bit numbers fit 45 bits.
std::uint32_t value_at(const Polynomial& d, std::uint32_t x) noexcept {
    std::array<std::uint32_t, warp> powers;
    powers[0] = 1;
    for (std::uint32_t i = 1; i < warp; ++i) powers[i] = multiply(powers[i - 1], x);
    const std::uint32_t stride = multiply(powers[warp - 1], x);
    std::uint64_t value = 0;
    for (std::uint32_t block = coefficients; block != 0;) {
        block -= warp;
        std::uint64_t sum = value * stride;
        for (std::uint32_t i = 0; i < warp; ++i) sum += std::uint64_t{d[block + i]} * powers[i];
        value = sum % field_prime;
    }
    return static_cast<std::uint32_t>(value);
}

}  // namespace

Header read_header(const Hash256& header_hash) noexcept {
    Header header;
    header.words = std::bit_cast<std::array<std::uint64_t, 4>>(header_hash);
    header.a = remap(header.words[0]);
    header.b = remap(header.words[1]);
    header.w = remap(header.words[3]);
    // A vanishing discriminant would make the curve a square, so c moves on until it does not vanish.
    std::uint64_t h = header.words[2];
    do {
        header.c = remap(h++);
    } while (multiply(header.b, header.b) == multiply(4, multiply(header.a, header.c)));
    return header;
}

Values evaluate(const Header& header, std::uint64_t nonce) noexcept {
    const Polynomial d = polynomial_of_warp(header, nonce);
    const std::uint32_t step = power(header.w, warp);
    std::uint32_t point = power(header.w, static_cast<std::uint32_t>(nonce % warp));
    Values values;
    for (std::uint32_t k = 0; k < warp; ++k, point = multiply(point, step)) {
        const std::uint64_t linear = (std::uint64_t{header.a} * point + header.b) % field_prime;
        const auto x = static_cast<std::uint32_t>((linear * point + header.c) % field_prime);
        values[k] = value_at(d, x);
    }
    return values;
}

}  // namespace octopus
