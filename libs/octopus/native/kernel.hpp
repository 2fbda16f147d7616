// What each instruction set's path offers. One kernel is chosen at start (kernels.cpp); all give the same results.
#pragma once

#include "octopus.hpp"

namespace octopus {

/// One hash to compute.
struct HashTask {
    LightView cache;
    Header header;
    std::uint64_t nonce;
    /// The feed's own: which task this is.
    void* tag;
};

/// Where Kernel::hash gets its tasks and leaves its results. Called on the thread that runs the kernel.
class HashFeed {
public:
    /// The next task, if there is one now. Asked again every few microseconds while others are under way.
    virtual bool take(HashTask& task) noexcept = 0;
    /// The hash of a task, big-endian. Tasks that were taken together may be done in any order.
    virtual void done(void* tag, const std::uint8_t (&hash)[hash_bytes]) noexcept = 0;

protected:
    ~HashFeed() = default;
};

/// A light cache to build: node_count nodes of memory, and the seed hash of its stage.
struct CacheTask {
    Node* nodes;
    std::uint32_t node_count;
    std::uint8_t seed[hash_bytes];
};

struct Kernel {
    /// `scalar`, `avx2`, `avx512` or `neon`.
    const char* name;
    /// Hashes that are under way together when the feed has as many.
    std::uint32_t hashes;
    /// Light caches that are built side by side in little more than the time of one.
    std::uint32_t caches;
    /// Computes what the feed gives, until it has no more and all are done.
    void (*hash)(HashFeed& feed) noexcept;
    /// Builds `count` light caches, at most `caches`. Stops early and returns false when *cancelled, read atomically, becomes true.
    bool (*build)(const CacheTask* tasks, std::uint32_t count, const bool* cancelled) noexcept;
    /// Data set nodes of pages first, first + 1, ..., page_nodes each.
    void (*data_set_pages)(const LightView& cache, std::uint64_t first, std::uint64_t count, Node* nodes) noexcept;
};

}  // namespace octopus
