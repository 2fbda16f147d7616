// Keccak-256 and Keccak-512 (the original padding 0x01, not SHA-3) of messages that fit one block.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace octopus {

using Hash256 = std::array<std::uint8_t, 32>;
using Lanes512 = std::array<std::uint64_t, 8>;

inline constexpr std::size_t keccak256_rate = 136;
inline constexpr std::size_t keccak512_rate = 72;

static_assert(keccak256_rate == (1600 - 2 * 256) / 8);
static_assert(keccak512_rate == (1600 - 2 * 512) / 8);

/// Keccak-256 of a message shorter than keccak256_rate bytes. A longer message is a bug in the caller: it is cut.
Hash256 keccak256(std::span<const std::uint8_t> message) noexcept;

/// Keccak-512 of a message of 4 (a seed hash), 5 (header hash and R) or 8 (a node) little-endian 64-bit words.
template <std::size_t Words>
Lanes512 keccak512(const std::array<std::uint64_t, Words>& message) noexcept;

}  // namespace octopus
