#include "keccak.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

#include "keccak-permutation.hpp"

namespace octopus {

static_assert(std::endian::native == std::endian::little, "lanes are copied to and from bytes as they are");

void keccak256(const std::uint8_t* message, std::size_t length, std::uint8_t (&digest)[32]) noexcept {
    std::uint8_t block[keccak256_rate] = {};
    length = std::min(length, keccak256_rate - 1);
    // An empty message may come without an address, which memcpy does not allow.
    if (length != 0) std::memcpy(block, message, length);
    block[length] ^= 0x01;
    block[keccak256_rate - 1] ^= 0x80;
    KeccakState<std::uint64_t> state{};
    std::memcpy(state.lane, block, sizeof block);
    keccak_rounds<keccak_round_count>(state, 0);
    std::memcpy(digest, state.lane, sizeof digest);
}

void keccak512(const std::uint64_t* message, std::size_t words, std::uint64_t (&digest)[keccak512_words]) noexcept {
    words = std::min(words, keccak512_words);
    KeccakState<std::uint64_t> state{};
    std::copy_n(message, words, state.lane);
    state.lane[words] ^= keccak_first_pad;
    state.lane[keccak512_rate / 8 - 1] ^= keccak_last_pad;
    keccak_rounds<keccak_round_count>(state, 0);
    std::copy_n(state.lane, keccak512_words, digest);
}

}  // namespace octopus
