// Arithmetic modulo the field prime, one number at a time.
#pragma once

#include "octopus.hpp"

namespace octopus {

[[gnu::always_inline]] constexpr std::uint32_t multiply(std::uint32_t x, std::uint32_t y) noexcept {
    return static_cast<std::uint32_t>(std::uint64_t{x} * y % field_prime);
}

[[gnu::always_inline]] constexpr std::uint32_t power(std::uint32_t base, std::uint32_t exponent) noexcept {
    std::uint32_t result = 1;
    for (; exponent != 0; exponent >>= 1) {
        if (exponent & 1) result = multiply(result, base);
        base = multiply(base, base);
    }
    return result;
}

static_assert(power(field_generator, field_prime - 1) == 1);
static_assert(power(field_generator, (field_prime - 1) / 2) != 1);

}  // namespace octopus
