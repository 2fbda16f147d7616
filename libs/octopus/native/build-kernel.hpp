// Light caches. Each node needs the one before it, so a stage is one serial chain of Keccaks and only the clock makes it
// faster; several stages side by side share the vectors. Included by kernel-*.cpp only.
#pragma once

#include "keccak-lanes.hpp"
#include "keccak.hpp"
#include "kernel.hpp"

namespace octopus {
namespace {

/// Nodes between two looks at the wish to stop: a millisecond.
constexpr std::uint32_t cancel_interval = 4096;

/// The node whose Keccak comes next, along one stage's chain.
class CacheChain {
public:
    explicit CacheChain(const CacheTask& task) noexcept
        : nodes_{task.nodes}, count_{task.node_count}, modulus_{task.node_count} {
        std::memset(&current_, 0, sizeof current_);
        std::memcpy(&current_, task.seed, sizeof task.seed);
    }
    CacheChain() = default;

    OCTOPUS_INLINE bool done() const noexcept { return round_ > cache_rounds; }
    OCTOPUS_INLINE Node& current() noexcept { return current_; }

    /// `current` is the Keccak of what it was: keeps it, and makes it the next message.
    OCTOPUS_INLINE void advance() noexcept {
        nodes_[at_] = current_;
        if (++at_ == count_) {
            at_ = 0;
            if (++round_ > cache_rounds) return;
        }
        if (round_ == 0) return;
        // The partner after this one is known already: fetching it now hides the read behind the Keccak.
        const std::uint32_t after = at_ + 1 == count_ ? 0 : at_ + 1;
        __builtin_prefetch(&nodes_[modulus_(nodes_[after].words[0])]);
        const Node& partner = nodes_[modulus_(nodes_[at_].words[0])];
        for (std::uint32_t w = 0; w < node_words; ++w) current_.words[w] ^= partner.words[w];
    }

private:
    Node current_;
    Node* nodes_ = nullptr;
    std::uint32_t count_ = 0;
    Modulus modulus_;
    std::uint32_t at_ = 0;
    std::uint32_t round_ = 0;
};

bool build_one(const CacheTask& task, const bool* cancelled) noexcept {
    CacheChain chain{task};
    KeccakState<std::uint64_t> state;
    // The seed has four words, each later message eight; the pads follow.
    std::uint32_t words = hash_bytes / 8;
    for (std::uint32_t step = 0; !chain.done(); ++step) {
        if (step % cancel_interval == 0 && __atomic_load_n(cancelled, __ATOMIC_RELAXED)) return false;
        std::memset(&state, 0, sizeof state);
        std::memcpy(state.lane, &chain.current(), 8 * words);
        state.lane[words] ^= keccak_first_pad;
        state.lane[node_lanes] ^= keccak_last_pad;
        permute(state);
        std::memcpy(&chain.current(), state.lane, node_bytes);
        words = node_lanes;
        chain.advance();
    }
    return true;
}

bool build_caches(const CacheTask* tasks, std::uint32_t count, const bool* cancelled) noexcept {
    if (count == 1) return build_one(tasks[0], cancelled);
    CacheChain chains[lanes];
    Node messages[lanes];
    for (std::uint32_t k = 0; k < count; ++k) {
        chains[k] = CacheChain{tasks[k]};
        std::uint64_t seed[hash_bytes / 8], first[keccak512_words];
        std::memcpy(seed, tasks[k].seed, sizeof seed);
        keccak512(seed, hash_bytes / 8, first);
        std::memcpy(&chains[k].current(), first, sizeof first);
        chains[k].advance();
    }
    KeccakState<U64> state;
    std::uint32_t unfinished = count;
    for (std::uint32_t step = 0; unfinished != 0; ++step) {
        if (step % cancel_interval == 0 && __atomic_load_n(cancelled, __ATOMIC_RELAXED)) return false;
        for (std::uint32_t k = 0; k < count; ++k) messages[k] = chains[k].current();
        absorb(messages, state);
        permute(state);
        squeeze(state, messages);
        for (std::uint32_t k = 0; k < count; ++k) {
            if (chains[k].done()) continue;
            chains[k].current() = messages[k];
            chains[k].advance();
            unfinished -= chains[k].done();
        }
    }
    return true;
}

}  // namespace
}  // namespace octopus
