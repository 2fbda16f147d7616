// Keccak-256 and Keccak-512 (the original padding 0x01, not SHA-3) of messages that fit one block.
#pragma once

#include <cstddef>
#include <cstdint>

namespace octopus {

inline constexpr std::size_t keccak256_rate = 136;
inline constexpr std::size_t keccak512_rate = 72;
inline constexpr std::size_t keccak512_words = 8;

static_assert(keccak256_rate == (1600 - 2 * 256) / 8);
static_assert(keccak512_rate == (1600 - 2 * 512) / 8);

/// Keccak-256 of a message shorter than keccak256_rate bytes. A longer message is a bug in the caller: it is cut.
void keccak256(const std::uint8_t* message, std::size_t length, std::uint8_t (&digest)[32]) noexcept;

/// Keccak-512 of at most 8 little-endian 64-bit words: of a seed hash (4), of header hash and R (5), of a node (8).
void keccak512(const std::uint64_t* message, std::size_t words, std::uint64_t (&digest)[keccak512_words]) noexcept;

}  // namespace octopus
