// Light evaluation: many data set nodes side by side, so that a core always has reads under way; and many hashes on top
// of them, started and finished independently. Included by kernel-*.cpp only.
#pragma once

#include "equation-lanes.hpp"
#include "keccak-lanes.hpp"
#include "keccak.hpp"
#include "kernel.hpp"

namespace octopus {
namespace {

/// Hashes of a group: their nodes fill the lanes of one Keccak.
constexpr std::uint32_t group_hashes = lanes > page_nodes ? lanes / page_nodes : 1;
constexpr std::uint32_t group_nodes = group_hashes * page_nodes;
constexpr std::uint32_t group_keccaks = group_nodes / lanes;
/// 32 reads in flight saturate a core (16 line fill buffers here, 24 on Zen 3); 48 and 64 gained nothing.
constexpr std::uint32_t groups = 32 / group_nodes;
/// Rounds of Keccak that a group computes while the others do one step.
constexpr std::uint32_t rounds_per_turn = 4;
constexpr std::uint32_t keccak_turns = keccak_round_count / rounds_per_turn;
/// Turns of one page: the first read, Keccak, 256 parents, Keccak.
constexpr std::uint32_t page_turns = 1 + 2 * keccak_turns + parents;

typedef std::uint32_t NodeIndices __attribute__((vector_size(4 * group_nodes)));

/// The data set nodes of one page for each hash of a group. A turn is one step of each; the read that the next turn
/// needs is under way while other groups take their turns.
struct NodeGroup {
    /// m · fnv_prime between two steps, so that the next word of m is one xor away from the parent's; else m itself.
    Node mixed[group_nodes];
    KeccakState<U64> keccak[group_keccaks];
    NodeIndices index;
    const Node* parent[group_nodes];
    LightView cache[group_hashes];
    std::uint32_t pages;
    std::uint32_t turn;

    /// The first `pages` pages: index and cache are set.
    OCTOPUS_INLINE void start(std::uint32_t count) noexcept {
        pages = count;
        turn = 0;
        for (std::uint32_t n = 0; n < pages * page_nodes; ++n) {
            const LightView& view = cache[n / page_nodes];
            follow(n, view.node_modulus(index[n]));
        }
    }

    /// True when the nodes are in `mixed`.
    OCTOPUS_INLINE bool take_turn() noexcept {
        const std::uint32_t now = turn++;
        if (now == 0) {
            first_read();
            if (is_narrow()) {
                keccak_narrow();
                first_parents();
                turn = 1 + keccak_turns;
            } else {
                absorb_all();
            }
        } else if (now <= keccak_turns) {
            rounds(now - 1);
            if (now != keccak_turns) return false;
            squeeze_all();
            first_parents();
        } else if (now < keccak_turns + parents) {
            if (is_narrow())
                step<page_nodes>(now - keccak_turns);
            else
                step<group_nodes>(now - keccak_turns);
        } else if (now == keccak_turns + parents) {
            last_step();
            if (is_narrow()) {
                keccak_narrow();
                return true;
            }
            absorb_all();
        } else {
            rounds(now - keccak_turns - parents - 1);
            if (now + 1 != page_turns) return false;
            squeeze_all();
            return true;
        }
        return false;
    }

private:
    OCTOPUS_INLINE void follow(std::uint32_t n, std::uint32_t to) noexcept {
        parent[n] = cache[n / page_nodes].nodes + to;
        __builtin_prefetch(parent[n]);
    }

    OCTOPUS_INLINE void absorb_all() noexcept {
        for (std::uint32_t i = 0; i < group_keccaks; ++i) absorb(&mixed[i * lanes], keccak[i]);
    }

    OCTOPUS_INLINE void squeeze_all() noexcept {
        for (std::uint32_t i = 0; i < group_keccaks; ++i) squeeze(keccak[i], &mixed[i * lanes]);
    }

    /// A group of fewer pages than it could have: it is not worth a wide Keccak, and nobody needs its turns.
    OCTOPUS_INLINE bool is_narrow() const noexcept { return group_hashes > 1 && pages < group_hashes; }

    OCTOPUS_INLINE void keccak_narrow() noexcept {
        KeccakState<Narrow> state;
        for (std::uint32_t n = 0; n < pages * page_nodes; n += sizeof(Narrow) / 8) {
            absorb(&mixed[n], state);
            permute(state);
            squeeze(state, &mixed[n]);
        }
    }

    OCTOPUS_INLINE void rounds(std::uint32_t keccak_turn) noexcept {
        for (auto& state : keccak) keccak_rounds<rounds_per_turn>(state, keccak_turn * rounds_per_turn);
    }

    OCTOPUS_INLINE void first_read() noexcept {
        for (std::uint32_t n = 0; n < pages * page_nodes; ++n) {
            mixed[n] = *parent[n];
            mixed[n].words[0] ^= index[n];
        }
    }

    OCTOPUS_INLINE void first_parents() noexcept {
        for (std::uint32_t n = 0; n < pages * page_nodes; ++n) {
            const LightView& view = cache[n / page_nodes];
            follow(n, view.node_modulus(fnv(index[n], mixed[n].words[0])));
            for (std::uint32_t w = 0; w < node_words; w += words32)
                store(&mixed[n].words[w], load<U32>(&mixed[n].words[w]) * fnv_prime);
        }
    }

    /// Mixes the last parents in.
    OCTOPUS_INLINE void last_step() noexcept {
        for (std::uint32_t n = 0; n < pages * page_nodes; ++n)
            for (std::uint32_t w = 0; w < node_words; w += words32)
                store(&mixed[n].words[w], load<U32>(&mixed[n].words[w]) ^ load<U32>(&parent[n]->words[w]));
    }

    /// Step k - 1 of the specification: mixes the parents in and picks those of step k.
    template <std::uint32_t Nodes>
    OCTOPUS_INLINE void step(std::uint32_t k) noexcept {
        std::uint32_t keys[group_nodes];
        store(keys, (index ^ k) * fnv_prime);
        const std::uint32_t selector = k % node_words;
#pragma GCC unroll 8
        for (std::uint32_t n = 0; n < Nodes; ++n) {
            const Node& other = *parent[n];
            const LightView& view = cache[n / page_nodes];
            // The word that picks the next parent goes first, so that its read starts before the rest is mixed.
            const std::uint32_t word = mixed[n].words[selector] ^ other.words[selector];
            follow(n, view.node_modulus(keys[n] ^ word));
            for (std::uint32_t w = 0; w < node_words; w += words32)
                store(&mixed[n].words[w], (load<U32>(&mixed[n].words[w]) ^ load<U32>(&other.words[w])) * fnv_prime);
        }
    }
};

struct Mix {
    void* tag;
    LightView cache;
    Node seed;
    std::uint32_t values[accesses];
    std::uint32_t words[mix_words];
};

inline void start_mix(const HashTask& task, Mix& mix) noexcept {
    mix.tag = task.tag;
    mix.cache = task.cache;
    evaluate(task.header, task.nonce, mix.values);
    std::uint64_t folded = 0;
    for (const std::uint32_t value : mix.values) folded = (folded * fnv_prime) ^ value;
    std::uint64_t message[5];
    std::memcpy(message, task.header.words, sizeof task.header.words);
    message[4] = folded;
    std::uint64_t seed[keccak512_words];
    keccak512(message, 5, seed);
    std::memcpy(&mix.seed, seed, sizeof seed);
    for (std::uint32_t t = 0; t < page_nodes; ++t)
        std::memcpy(mix.words + t * node_words, mix.seed.words, sizeof mix.seed.words);
}

OCTOPUS_INLINE std::uint32_t page_of(const Mix& mix, std::uint32_t access) noexcept {
    return mix.cache.page_modulus(fnv(mix.seed.words[0] ^ access ^ mix.values[access], mix.words[access]));
}

OCTOPUS_INLINE void mix_page(Mix& mix, const Node* page) noexcept {
    const auto* words = reinterpret_cast<const std::uint8_t*>(page);
    for (std::uint32_t w = 0; w < mix_words; w += words32)
        store(mix.words + w, (load<U32>(mix.words + w) * fnv_prime) ^ load<U32>(words + 4 * w));
}

inline void finish_mix(const Mix& mix, std::uint8_t (&hash)[hash_bytes]) noexcept {
    const auto fold_four = [&](std::uint32_t u) noexcept {
        return fnv(fnv(fnv(mix.words[u], mix.words[u + 1]), mix.words[u + 2]), mix.words[u + 3]);
    };
    constexpr std::uint32_t compressed_words = mix_words / 8;
    std::uint32_t message[node_words + compressed_words];
    std::memcpy(message, mix.seed.words, sizeof mix.seed.words);
    for (std::uint32_t i = 0; i < compressed_words; ++i)
        message[node_words + i] = fnv(fold_four(4 * i), fold_four(mix_words / 2 + 4 * i));
    keccak256(reinterpret_cast<const std::uint8_t*>(message), sizeof message, hash);
}

/// Hashes that do their accesses together.
struct HashGroup {
    NodeGroup nodes;
    Mix mixes[group_hashes];
    std::uint32_t active = 0;
    std::uint32_t access;

    /// Takes as many tasks as there are, up to its size. False when there is none.
    bool start(HashFeed& feed) noexcept {
        HashTask task;
        for (active = 0; active < group_hashes && feed.take(task); ++active) start_mix(task, mixes[active]);
        access = 0;
        if (active != 0) start_page();
        return active != 0;
    }

    /// False when the group has become idle.
    OCTOPUS_INLINE bool take_turn(HashFeed& feed) noexcept { return !nodes.take_turn() || end_page(feed); }

private:
    void start_page() noexcept {
        for (std::uint32_t h = 0; h < active; ++h) {
            nodes.cache[h] = mixes[h].cache;
            const std::uint32_t page = page_of(mixes[h], access);
            for (std::uint32_t t = 0; t < page_nodes; ++t) nodes.index[h * page_nodes + t] = page * page_nodes + t;
        }
        nodes.start(active);
    }

    [[gnu::noinline]] bool end_page(HashFeed& feed) noexcept {
        for (std::uint32_t h = 0; h < active; ++h) mix_page(mixes[h], &nodes.mixed[h * page_nodes]);
        if (++access < accesses) {
            start_page();
            return true;
        }
        for (std::uint32_t h = 0; h < active; ++h) {
            std::uint8_t hash[hash_bytes];
            finish_mix(mixes[h], hash);
            feed.done(mixes[h].tag, hash);
        }
        return start(feed);
    }
};

/// Groups start this many turns apart, so that one computes its Keccak while the others read: overlapping the two
/// instead of doing them in phases.
constexpr std::uint32_t stagger = page_turns / groups;

void run_hashes(HashFeed& feed) noexcept {
    HashGroup all[groups];
    std::uint32_t active = 0;
    for (std::uint32_t turn = 0;; ++turn) {
        if (active == 0) turn = 0;
        if (turn % stagger == 0 && active < groups) {
            HashGroup* idle = all;
            while (idle->active != 0) ++idle;
            if (idle->start(feed)) ++active;
            if (active == 0) return;
        }
        for (HashGroup& group : all)
            if (group.active != 0 && !group.take_turn(feed)) --active;
    }
}

void data_set_pages(const LightView& cache, std::uint64_t first, std::uint64_t count, Node* nodes) noexcept {
    NodeGroup all[groups];
    Node* target[groups];
    std::uint64_t next = 0;
    std::uint32_t active = 0;
    const auto start = [&](std::uint32_t g) noexcept {
        const auto pages = static_cast<std::uint32_t>(count - next < group_hashes ? count - next : group_hashes);
        target[g] = nodes + next * page_nodes;
        for (std::uint32_t n = 0; n < pages * page_nodes; ++n)
            all[g].index[n] = static_cast<std::uint32_t>((first + next) * page_nodes + n);
        for (LightView& view : all[g].cache) view = cache;
        next += pages;
        if (pages == 0)
            target[g] = nullptr;
        else
            all[g].start(pages);
        return pages != 0;
    };
    for (Node*& unused : target) unused = nullptr;
    for (std::uint32_t turn = 0; active != 0 || next < count; ++turn) {
        if (turn % stagger == 0 && turn / stagger < groups) active += start(turn / stagger);
        for (std::uint32_t g = 0; g < groups; ++g) {
            if (target[g] == nullptr || !all[g].take_turn()) continue;
            std::memcpy(target[g], all[g].mixed, all[g].pages * page_bytes);
            active -= !start(g);
        }
    }
}

}  // namespace
}  // namespace octopus
