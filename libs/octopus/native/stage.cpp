#include "stage.hpp"

#include <cstring>

#include "keccak.hpp"

namespace octopus {

namespace {

// Trial division: the counts stay below 2^31, so this ends within 2^15 steps, 0.1 ms. Done once per cache.
constexpr bool is_prime(std::uint64_t number) noexcept {
    if (number < 2 || number % 2 == 0) return number == 2;
    for (std::uint64_t divisor = 3; divisor * divisor <= number; divisor += 2)
        if (number % divisor == 0) return false;
    return true;
}

constexpr std::uint64_t prime_sized(std::uint64_t target, std::uint64_t unit) noexcept {
    std::uint64_t bytes = target - unit;
    while (!is_prime(bytes / unit)) bytes -= 2 * unit;
    return bytes;
}

}  // namespace

std::uint64_t cache_bytes(std::uint32_t stage) noexcept {
    return prime_sized(cache_bytes_base + cache_bytes_growth * stage, node_bytes);
}

std::uint64_t data_bytes(std::uint32_t stage) noexcept {
    return prime_sized(data_bytes_base + data_bytes_growth * stage, page_bytes);
}

void seed_hash(std::uint32_t stage, std::uint8_t (&seed)[hash_bytes]) noexcept {
    std::memset(seed, 0, sizeof seed);
    for (std::uint32_t i = 0; i < stage; ++i) {
        std::uint8_t next[hash_bytes];
        keccak256(seed, sizeof seed, next);
        std::memcpy(seed, next, sizeof seed);
    }
}

}  // namespace octopus
