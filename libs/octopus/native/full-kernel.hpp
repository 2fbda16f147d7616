// What an instruction set's path offers to mine with a data set in memory. All paths give the same results.
#pragma once

#include "data-set-view.hpp"

namespace octopus {

struct FullHit {
    std::uint64_t nonce;
    std::uint8_t hash[hash_bytes];
};

/// A thread's searcher lives in memory that the caller gives: `bytes` of it, aligned to a page_bytes boundary.
struct FullKernel {
    const char* name;
    std::size_t bytes;
    /// Nonces of one call of `search`.
    std::uint32_t nonces;
    /// Once for the memory, before anything else.
    void (*open)(void* searcher) noexcept;
    /// A fifth of a millisecond, as long as a hundred nonces.
    void (*set_header)(void* searcher, const Header& header) noexcept;
    /// Hashes `nonces` nonces from `first`, a multiple of 32, on (mod 2^64). Leaves those whose hash, as a big-endian
    /// number, is not above `limit` in `hits`, which has room for all; returns how many. Not in order.
    std::uint32_t (*search)(void* searcher, const DataSetView& data, std::uint64_t first,
                            const std::uint8_t (&limit)[hash_bytes], FullHit* hits) noexcept;
    /// The values of step 4 of the same nonces, 32 for each: for tests.
    void (*values)(void* searcher, std::uint64_t first, std::uint32_t (*values)[warp]) noexcept;
};

/// The one that goes with the kernel of this name; null when this build has none.
const FullKernel* full_kernel(const char* name) noexcept;

}  // namespace octopus
