// A light cache in memory: built, or read from the file that an earlier process left.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "kernel.hpp"

namespace octopus {

struct FreeNodes {
    void operator()(Node* nodes) const noexcept;
};
using NodeMemory = std::unique_ptr<Node[], FreeNodes>;

/// Memory for nodes, on 2 MiB pages where the system gives them. Null when there is not enough.
NodeMemory allocate_nodes(std::uint64_t count) noexcept;

/// Immutable, so any number of threads may hash with it.
class LightCache {
public:
    LightCache(std::uint32_t stage, std::uint32_t node_count, std::uint32_t pages, NodeMemory nodes) noexcept
        : stage_{stage},
          nodes_{std::move(nodes)},
          view_{nodes_.get(), node_count, Modulus{node_count}, Modulus{pages}} {}

    std::uint32_t stage() const noexcept { return stage_; }
    const LightView& view() const noexcept { return view_; }
    std::uint64_t bytes() const noexcept { return view_.node_count * node_bytes; }

private:
    std::uint32_t stage_;
    NodeMemory nodes_;
    LightView view_;
};

using CachePointer = std::shared_ptr<const LightCache>;

/// Builds the caches of `count` stages, at most kernel.caches, side by side: half a second to a second for one. Leaves
/// null what the memory did not suffice for, and all of them when *cancelled, read atomically, becomes true.
void build_light_caches(const Kernel& kernel, const std::uint32_t* stages, std::uint32_t count, CachePointer* caches,
                        const bool* cancelled) noexcept;

/// The cache of a stage from its file in the folder; null when there is none, or what is there is not whole.
CachePointer read_cache_file(const std::string& folder, std::uint32_t stage) noexcept;

/// Leaves the cache's file in the folder (created if need be) and removes those of stages that are far away. The file
/// appears whole or not at all. Returns an empty text, or what went wrong.
std::string write_cache_file(const std::string& folder, const LightCache& cache) noexcept;

}  // namespace octopus
