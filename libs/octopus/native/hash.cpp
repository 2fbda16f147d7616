// Seed, mix over 32 pages, compression; one nonce or eight at a time.
#include <algorithm>
#include <bit>

#include "octopus.hpp"

namespace octopus {

namespace {

// A lone hash waits for memory at every parent. Eight hashes keep 32 reads in flight, the most that paid.
constexpr std::uint32_t batch = 8;

struct Mix {
    Node seed;
    Values values;
    std::array<std::uint32_t, mix_words> words;
};

std::uint64_t fold(const Values& values) noexcept {
    std::uint64_t folded = 0;
    for (const std::uint32_t value : values) folded = (folded * fnv_prime) ^ value;
    return folded;
}

void start_mix(const Header& header, std::uint64_t nonce, Mix& mix) noexcept {
    mix.values = evaluate(header, nonce);
    const auto& v = header.words;
    mix.seed = std::bit_cast<Node>(keccak512(std::array<std::uint64_t, 5>{v[0], v[1], v[2], v[3], fold(mix.values)}));
    for (std::uint32_t t = 0; t < page_nodes; ++t)
        std::copy(mix.seed.words.begin(), mix.seed.words.end(), mix.words.begin() + t * node_words);
}

Node keccak512_of(const Node& node) noexcept { return std::bit_cast<Node>(keccak512(std::bit_cast<Lanes512>(node))); }

// Data set nodes of the given indices, in lockstep: each chain prefetches its next parent while the others compute.
template <std::uint32_t Chains>
void data_set_nodes(const LightCache& cache, const std::array<std::uint32_t, Chains>& indices,
                    std::array<Node, Chains>& nodes) noexcept {
    const Modulus modulus = cache.node_modulus;
    const Node* const light = cache.nodes.get();
    std::array<std::uint32_t, Chains> parent;
    for (std::uint32_t c = 0; c < Chains; ++c) {
        parent[c] = modulus(indices[c]);
        __builtin_prefetch(&light[parent[c]]);
    }
    for (std::uint32_t c = 0; c < Chains; ++c) {
        nodes[c] = light[parent[c]];
        nodes[c].words[0] ^= indices[c];
        nodes[c] = keccak512_of(nodes[c]);
        parent[c] = modulus(fnv(indices[c], nodes[c].words[0]));
        __builtin_prefetch(&light[parent[c]]);
    }
    for (std::uint32_t k = 0; k < parents; ++k) {
        const std::uint32_t selector = (k + 1) % node_words;
        for (std::uint32_t c = 0; c < Chains; ++c) {
            const Node& other = light[parent[c]];
            // The word that picks the next parent goes first, so that its read starts before the rest is mixed.
            parent[c] = modulus(fnv(indices[c] ^ (k + 1), fnv(nodes[c].words[selector], other.words[selector])));
            __builtin_prefetch(&light[parent[c]]);
            for (std::uint32_t w = 0; w < node_words; ++w) nodes[c].words[w] = fnv(nodes[c].words[w], other.words[w]);
        }
    }
    for (Node& node : nodes) node = keccak512_of(node);
}

template <std::uint32_t Lanes>
void mix_pages(const LightCache& cache, std::array<Mix, Lanes>& mixes) noexcept {
    for (std::uint32_t i = 0; i < accesses; ++i) {
        std::array<std::uint32_t, Lanes * page_nodes> indices;
        std::array<Node, Lanes * page_nodes> nodes;
        for (std::uint32_t lane = 0; lane < Lanes; ++lane) {
            const Mix& mix = mixes[lane];
            const std::uint32_t page = cache.page_modulus(fnv(mix.seed.words[0] ^ i ^ mix.values[i], mix.words[i]));
            for (std::uint32_t t = 0; t < page_nodes; ++t) indices[lane * page_nodes + t] = page * page_nodes + t;
        }
        data_set_nodes<Lanes * page_nodes>(cache, indices, nodes);
        for (std::uint32_t lane = 0; lane < Lanes; ++lane) {
            auto& words = mixes[lane].words;
            for (std::uint32_t w = 0; w < mix_words; ++w)
                words[w] = fnv(words[w], nodes[lane * page_nodes + w / node_words].words[w % node_words]);
        }
    }
}

Hash256 finish(const Mix& mix) noexcept {
    const auto fold_four = [&](std::uint32_t u) noexcept {
        return fnv(fnv(fnv(mix.words[u], mix.words[u + 1]), mix.words[u + 2]), mix.words[u + 3]);
    };
    constexpr std::uint32_t compressed_words = mix_words / 8;
    std::array<std::uint32_t, node_words + compressed_words> message;
    std::copy(mix.seed.words.begin(), mix.seed.words.end(), message.begin());
    for (std::uint32_t i = 0; i < compressed_words; ++i)
        message[node_words + i] = fnv(fold_four(4 * i), fold_four(mix_words / 2 + 4 * i));
    return keccak256(std::bit_cast<std::array<std::uint8_t, sizeof(message)>>(message));
}

template <std::uint32_t Lanes>
std::array<Hash256, Lanes> hash_lanes(const LightCache& cache, const Header& header, std::uint64_t first) noexcept {
    std::array<Mix, Lanes> mixes;
    for (std::uint32_t lane = 0; lane < Lanes; ++lane) start_mix(header, first + lane, mixes[lane]);
    mix_pages<Lanes>(cache, mixes);
    std::array<Hash256, Lanes> hashes;
    for (std::uint32_t lane = 0; lane < Lanes; ++lane) hashes[lane] = finish(mixes[lane]);
    return hashes;
}

template <std::uint32_t Lanes>
std::optional<Found> search_lanes(const LightCache& cache, const Header& header, std::uint64_t start,
                                  std::uint32_t index, const Hash256& limit) noexcept {
    const auto hashes = hash_lanes<Lanes>(cache, header, start + index);
    for (std::uint32_t lane = 0; lane < Lanes; ++lane)
        if (hashes[lane] <= limit) return Found{index + lane, hashes[lane]};
    return std::nullopt;
}

}  // namespace

Hash256 hash(const LightCache& cache, const Header& header, std::uint64_t nonce) noexcept {
    return hash_lanes<1>(cache, header, nonce)[0];
}

std::optional<Found> search(const LightCache& cache, const Header& header, std::uint64_t start,
                            std::uint32_t count, const Hash256& limit) noexcept {
    std::uint32_t index = 0;
    for (; count - index >= batch; index += batch)
        if (auto found = search_lanes<batch>(cache, header, start, index, limit)) return found;
    for (; index < count; ++index)
        if (auto found = search_lanes<1>(cache, header, start, index, limit)) return found;
    return std::nullopt;
}

}  // namespace octopus
