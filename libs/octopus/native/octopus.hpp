// Octopus: constants, types and the functions of the light (cache based) algorithm. No JavaScript here.
// Names follow the specification; all words are little-endian.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "keccak.hpp"

namespace octopus {

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

/// Last stage whose data set has at most 2^32 nodes: a node index is one word of the mix.
inline constexpr std::uint32_t max_stage = 16128;

static_assert(field_prime == 63 * (1 << 14) + 1);
static_assert(coefficients == warp * warp && accesses == warp);
static_assert(data_bytes_base + data_bytes_growth * max_stage == (std::uint64_t{1} << 32) * node_bytes);
static_assert(cache_bytes_base + cache_bytes_growth * max_stage < (std::uint64_t{1} << 32));

struct alignas(node_bytes) Node {
    std::array<std::uint32_t, node_words> words;
};
static_assert(sizeof(Node) == node_bytes && alignof(Node) == node_bytes);

constexpr std::uint32_t fnv(std::uint32_t x, std::uint32_t y) noexcept { return (x * fnv_prime) ^ y; }

/// Exact x mod d for 32-bit words by two multiplications (Lemire, Kaser, Kurz: "Faster remainder by direct computation").
class Modulus {
public:
    explicit constexpr Modulus(std::uint32_t divisor) noexcept
        : reciprocal_{~std::uint64_t{0} / divisor + 1}, divisor_{divisor} {}

    constexpr std::uint32_t operator()(std::uint32_t x) const noexcept {
        __extension__ using Wide = unsigned __int128;
        return static_cast<std::uint32_t>((static_cast<Wide>(reciprocal_ * x) * divisor_) >> 64);
    }

private:
    std::uint64_t reciprocal_;
    std::uint32_t divisor_;
};

/// Bytes of the light cache of a stage: the largest count of 64-byte nodes below the target that is prime.
std::uint64_t cache_bytes(std::uint32_t stage) noexcept;
/// Bytes of the data set of a stage: the largest count of 256-byte pages below the target that is prime.
std::uint64_t data_bytes(std::uint32_t stage) noexcept;
/// keccak256 applied `stage` times to 32 zero bytes.
Hash256 seed_hash(std::uint32_t stage) noexcept;

struct FreeNodes {
    void operator()(Node* nodes) const noexcept;
};

/// Immutable once built, so any number of threads may hash with it.
struct LightCache {
    std::unique_ptr<Node[], FreeNodes> nodes;
    std::uint32_t node_count;
    Modulus node_modulus;
    Modulus page_modulus;
};

/// Builds the cache of a stage (at most max_stage) on the calling thread: about a second.
/// Null when the memory cannot be had.
std::shared_ptr<const LightCache> build_light_cache(std::uint32_t stage) noexcept;

/// What step 1 and 2 of a hash derive from the header hash alone: its words and the curve x = aW² + bW + c, W = w^i.
struct Header {
    std::array<std::uint64_t, 4> words;
    std::uint32_t a;
    std::uint32_t b;
    std::uint32_t c;
    std::uint32_t w;
};

Header read_header(const Hash256& header_hash) noexcept;

/// r[0..31] of step 4: the polynomial of the nonce's warp at the 32 points of the nonce.
using Values = std::array<std::uint32_t, warp>;
Values evaluate(const Header& header, std::uint64_t nonce) noexcept;

/// The Octopus hash, big-endian.
Hash256 hash(const LightCache& cache, const Header& header, std::uint64_t nonce) noexcept;

struct Found {
    std::uint32_t index;
    Hash256 hash;
};

/// Hashes nonces start, start + 1, ... (mod 2^64), at most count; the first whose hash, as a big-endian number,
/// is not above limit.
std::optional<Found> search(const LightCache& cache, const Header& header, std::uint64_t start,
                            std::uint32_t count, const Hash256& limit) noexcept;

}  // namespace octopus
