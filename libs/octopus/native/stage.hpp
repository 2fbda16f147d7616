// What belongs to a stage: sizes and seed.
#pragma once

#include "octopus.hpp"

namespace octopus {

/// Bytes of the light cache: the largest count of 64-byte nodes below the target that is prime.
std::uint64_t cache_bytes(std::uint32_t stage) noexcept;
/// Bytes of the data set: the largest count of 256-byte pages below the target that is prime.
std::uint64_t data_bytes(std::uint32_t stage) noexcept;
/// keccak256 applied `stage` times to 32 zero bytes.
void seed_hash(std::uint32_t stage, std::uint8_t (&seed)[hash_bytes]) noexcept;

}  // namespace octopus
