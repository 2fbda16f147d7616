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

/// Keccak-512 of exactly 64 bytes, given and returned as little-endian words: the step of cache and data set.
Lanes512 keccak512(const Lanes512& message) noexcept;

/// Keccak-512 of exactly 40 bytes, given as little-endian words: the seed of one hash.
Lanes512 keccak512(const std::array<std::uint64_t, 5>& message) noexcept;

}  // namespace octopus
