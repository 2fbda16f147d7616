// Octopus: constants and types. No JavaScript here. Names follow the specification; all words are little-endian.
// Also included by kernel-*.cpp, so nothing here emits code of its own: see simd.hpp.
#pragma once

#include <cstddef>
#include <cstdint>

namespace octopus {

inline constexpr std::uint64_t stage_length = std::uint64_t{1} << 19;
inline constexpr std::uint64_t cache_bytes_base = std::uint64_t{1} << 24;
inline constexpr std::uint64_t cache_bytes_growth = std::uint64_t{1} << 16;
inline constexpr std::uint64_t data_bytes_base = std::uint64_t{1} << 32;
inline constexpr std::uint64_t data_bytes_growth = std::uint64_t{1} << 24;
inline constexpr std::uint64_t node_bytes = 64;
inline constexpr std::uint64_t page_bytes = 256;
inline constexpr std::uint32_t node_words = node_bytes / 4;
inline constexpr std::uint32_t page_nodes = page_bytes / node_bytes;
inline constexpr std::uint32_t mix_words = page_bytes / 4;
inline constexpr std::uint32_t cache_rounds = 3;
inline constexpr std::uint32_t parents = 256;
inline constexpr std::uint32_t accesses = 32;
inline constexpr std::uint32_t warp = 32;
inline constexpr std::uint32_t coefficients = 1024;
inline constexpr std::uint32_t field_prime = 1032193;
inline constexpr std::uint32_t field_generator = 11;
inline constexpr std::uint32_t fnv_prime = 0x01000193;
inline constexpr std::size_t hash_bytes = 32;

/// Last stage whose data set has at most 2^32 nodes: a node index is one word of the mix.
inline constexpr std::uint32_t max_stage = 16128;

static_assert(field_prime == 63 * (1 << 14) + 1);
static_assert(coefficients == warp * warp && accesses == warp);
static_assert(data_bytes_base + data_bytes_growth * max_stage == (std::uint64_t{1} << 32) * node_bytes);
static_assert(cache_bytes_base + cache_bytes_growth * max_stage < (std::uint64_t{1} << 32));

struct alignas(node_bytes) Node {
    std::uint32_t words[node_words];
};
static_assert(sizeof(Node) == node_bytes && alignof(Node) == node_bytes);

[[gnu::always_inline]] constexpr std::uint32_t fnv(std::uint32_t x, std::uint32_t y) noexcept {
    return (x * fnv_prime) ^ y;
}

/// Exact x mod d for 32-bit words by two multiplications (Lemire, Kaser, Kurz: "Faster remainder by direct computation").
class Modulus {
public:
    Modulus() = default;
    [[gnu::always_inline]] explicit constexpr Modulus(std::uint32_t divisor) noexcept
        : reciprocal_{~std::uint64_t{0} / divisor + 1}, divisor_{divisor} {}

    [[gnu::always_inline]] constexpr std::uint32_t operator()(std::uint32_t x) const noexcept {
        __extension__ using Wide = unsigned __int128;
        return static_cast<std::uint32_t>((static_cast<Wide>(reciprocal_ * x) * divisor_) >> 64);
    }

private:
    std::uint64_t reciprocal_ = 0;
    std::uint64_t divisor_ = 0;
};

/// A light cache as a kernel reads it: node_count nodes and the exact remainders by it and by the data set's pages.
struct LightView {
    const Node* nodes;
    std::uint32_t node_count;
    Modulus node_modulus;
    Modulus page_modulus;
};

/// What step 1 and 2 of a hash derive from the header hash alone: its words and the curve x = aW² + bW + c, W = w^i.
struct Header {
    std::uint64_t words[4];
    std::uint32_t a;
    std::uint32_t b;
    std::uint32_t c;
    std::uint32_t w;
};

}  // namespace octopus
