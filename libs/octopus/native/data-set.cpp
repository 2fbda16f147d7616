#include "data-set.hpp"

#include <algorithm>
#include <cstring>
#include <random>
#include <system_error>
#include <thread>
#include <vector>

#include "keccak.hpp"
#include "memory.hpp"

namespace octopus {

namespace {

// For the process itself, stacks and what others allocate meanwhile.
constexpr std::uint64_t memory_left_over = std::uint64_t{256} << 20;
// About 5 ms of a thread: how long cancelling takes.
constexpr std::uint64_t pages_per_turn = 1024;
// Random ones; a broken build is usually wrong everywhere, a broken thread in its share.
constexpr std::uint32_t samples = 256;

void keccak512_in_place(Node& node) noexcept {
    std::uint64_t message[keccak512_words];
    std::uint64_t digest[keccak512_words];
    static_assert(sizeof message == node_bytes);
    std::memcpy(message, node.words, sizeof message);
    keccak512(message, keccak512_words, digest);
    std::memcpy(node.words, digest, sizeof digest);
}

}  // namespace

MemoryNeed memory_for_pages(std::uint64_t pages) {
    return {pages * page_bytes + memory_left_over, available_memory()};
}

Node data_set_node(const LightView& cache, std::uint32_t index) noexcept {
    Node node = cache.nodes[index % cache.node_count];
    node.words[0] ^= index;
    keccak512_in_place(node);
    for (std::uint32_t k = 0; k < parents; ++k) {
        const Node& parent = cache.nodes[fnv(index ^ k, node.words[k % node_words]) % cache.node_count];
        for (std::uint32_t w = 0; w < node_words; ++w) node.words[w] = fnv(node.words[w], parent.words[w]);
    }
    keccak512_in_place(node);
    return node;
}

BuildResult DataSet::build(const Kernel& kernel, const LightView& cache, std::uint32_t pages,
                           std::uint32_t threads) noexcept {
    release();
    if (cancelled_) return BuildResult::cancelled;
    try {
        if (!memory_for_pages(pages).is_met()) return BuildResult::no_memory;
        nodes_ = allocate_nodes(std::uint64_t{pages} * page_nodes);
        if (!nodes_) return BuildResult::no_memory;
    } catch (const std::bad_alloc&) {
        return BuildResult::no_memory;
    }

    std::vector<std::thread> fillers;
    try {
        fillers.reserve(threads);
        do {
            fillers.emplace_back([&] { fill(kernel, cache, pages); });
        } while (fillers.size() < threads);
    } catch (const std::exception&) {
        // Fewer threads do it as well.
    }
    for (std::thread& filler : fillers) filler.join();

    auto result = BuildResult::built;
    if (fillers.empty())
        result = BuildResult::no_threads;
    else if (cancelled_)
        result = BuildResult::cancelled;
    else if (!samples_are_right(cache, pages))
        result = BuildResult::wrong;
    if (result == BuildResult::built)
        pages_ = pages;
    else
        nodes_.reset();
    return result;
}

void DataSet::fill(const Kernel& kernel, const LightView& cache, std::uint32_t pages) noexcept {
    while (!cancelled_) {
        const std::uint64_t first = next_page_.fetch_add(pages_per_turn);
        if (first >= pages) return;
        const std::uint64_t count = std::min(pages_per_turn, pages - first);
        kernel.data_set_pages(cache, first, count, nodes_.get() + first * page_nodes);
        built_pages_ += count;
    }
}

bool DataSet::samples_are_right(const LightView& cache, std::uint32_t pages) const noexcept {
    const std::uint64_t nodes = std::uint64_t{pages} * page_nodes;
    std::mt19937_64 random{std::random_device{}()};
    for (std::uint32_t i = 0; i < samples; ++i) {
        // The first and the last node are always among them.
        const std::uint64_t index = i == 0 ? 0 : i == 1 ? nodes - 1 : random() % nodes;
        const Node expected = data_set_node(cache, static_cast<std::uint32_t>(index));
        if (std::memcmp(&expected, nodes_.get() + index, node_bytes) != 0) return false;
    }
    return true;
}

std::optional<DataSetView> DataSet::view() const noexcept {
    if (pages_ == 0) return std::nullopt;
    return DataSetView{nodes_.get(), Modulus{pages_}};
}

void DataSet::release() noexcept {
    pages_ = 0;
    next_page_ = 0;
    built_pages_ = 0;
    nodes_.reset();
}

}  // namespace octopus
