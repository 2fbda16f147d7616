// The three operations of Keccak on one 64-bit word. simd.hpp has the same for vectors. No external linkage: see there.
#pragma once

#include <cstdint>

#define OCTOPUS_INLINE [[gnu::always_inline]] inline

namespace octopus {
namespace {

template <int Bits>
OCTOPUS_INLINE std::uint64_t rotl(std::uint64_t x) noexcept {
    return (x << Bits) | (x >> ((64 - Bits) % 64));
}

OCTOPUS_INLINE std::uint64_t xor3(std::uint64_t x, std::uint64_t y, std::uint64_t z) noexcept { return x ^ y ^ z; }

/// x ^ (~y & z), the only step of Keccak that is not linear.
OCTOPUS_INLINE std::uint64_t chi(std::uint64_t x, std::uint64_t y, std::uint64_t z) noexcept { return x ^ (~y & z); }

}  // namespace
}  // namespace octopus
