// The specification in the plainest C++, one number at a time and sharing nothing with the code under test but types
// and constants: what kernels, header and keccak are compared with.
#pragma once

#include <cstring>
#include <memory>
#include <numeric>
#include <vector>

#include "light-cache.hpp"

namespace reference {

using octopus::field_prime;
using octopus::hash_bytes;
using octopus::Node;

inline std::uint64_t rotate(std::uint64_t x, int bits) { return bits == 0 ? x : (x << bits) | (x >> (64 - bits)); }

/// Keccak-f[1600] with constants from their definitions: a shift register, and a walk over the lanes.
inline void permute(std::uint64_t (&a)[5][5]) {
    std::uint8_t shift = 1;
    for (int round = 0; round < 24; ++round) {
        std::uint64_t c[5], b[5][5];
        for (int x = 0; x < 5; ++x) c[x] = a[x][0] ^ a[x][1] ^ a[x][2] ^ a[x][3] ^ a[x][4];
        for (int x = 0; x < 5; ++x)
            for (int y = 0; y < 5; ++y) a[x][y] ^= c[(x + 4) % 5] ^ rotate(c[(x + 1) % 5], 1);
        b[0][0] = a[0][0];
        for (int t = 0, x = 1, y = 0; t < 24; ++t) {
            b[y][(2 * x + 3 * y) % 5] = rotate(a[x][y], (t + 1) * (t + 2) / 2 % 64);
            const int next = (2 * x + 3 * y) % 5;
            x = y;
            y = next;
        }
        for (int x = 0; x < 5; ++x)
            for (int y = 0; y < 5; ++y) a[x][y] = b[x][y] ^ (~b[(x + 1) % 5][y] & b[(x + 2) % 5][y]);
        for (int j = 0; j <= 6; ++j) {
            if (shift & 1) a[0][0] ^= std::uint64_t{1} << ((1 << j) - 1);
            shift = static_cast<std::uint8_t>((shift << 1) ^ (shift & 0x80 ? 0x71 : 0));
        }
    }
}

/// Keccak of any length, with a digest of digest_bytes.
inline std::vector<std::uint8_t> keccak(const void* message, std::size_t length, std::size_t digest_bytes) {
    const std::size_t rate = 200 - 2 * digest_bytes;
    std::vector<std::uint8_t> padded(length / rate * rate + rate);
    if (length != 0) std::memcpy(padded.data(), message, length);
    padded[length] ^= 0x01;
    padded.back() ^= 0x80;
    std::uint64_t a[5][5] = {};
    for (std::size_t at = 0; at < padded.size(); at += rate) {
        for (std::size_t i = 0; i < rate; ++i)
            a[i / 8 % 5][i / 8 / 5] ^= std::uint64_t{padded[at + i]} << (8 * (i % 8));
        permute(a);
    }
    std::vector<std::uint8_t> digest(digest_bytes);
    for (std::size_t i = 0; i < digest_bytes; ++i)
        digest[i] = static_cast<std::uint8_t>(a[i / 8 % 5][i / 8 / 5] >> (8 * (i % 8)));
    return digest;
}

inline Node keccak512(const Node& node) {
    Node out;
    std::memcpy(&out, keccak(&node, sizeof node, 64).data(), sizeof out);
    return out;
}

inline std::uint64_t power(std::uint64_t base, std::uint64_t exponent) {
    std::uint64_t result = 1;
    for (std::uint64_t bit = 32; bit-- > 0;) {
        result = result * result % field_prime;
        if (exponent >> bit & 1) result = result * base % field_prime;
    }
    return result;
}

inline std::uint64_t remap(std::uint64_t h) {
    std::uint64_t e = h % (field_prime - 2) + 1;
    while (std::gcd(e, std::uint64_t{field_prime - 1}) != 1) e /= std::gcd(e, std::uint64_t{field_prime - 1});
    return power(11, e);
}

struct Curve {
    std::uint64_t v[4], a, b, c, w;
};

inline Curve curve_of(const std::uint8_t* header_hash) {
    Curve curve;
    std::memcpy(curve.v, header_hash, sizeof curve.v);
    curve.a = remap(curve.v[0]);
    curve.b = remap(curve.v[1]);
    curve.w = remap(curve.v[3]);
    std::uint64_t h = curve.v[2];
    for (curve.c = remap(h); curve.b * curve.b % field_prime == 4 * curve.a * curve.c % field_prime;) curve.c = remap(++h);
    return curve;
}

inline void sip_round(std::uint64_t (&s)[4]) {
    s[0] += s[1];
    s[1] = rotate(s[1], 13) ^ s[0];
    s[0] = rotate(s[0], 32);
    s[2] += s[3];
    s[3] = rotate(s[3], 16) ^ s[2];
    s[0] += s[3];
    s[3] = rotate(s[3], 21) ^ s[0];
    s[2] += s[1];
    s[1] = rotate(s[1], 17) ^ s[2];
    s[2] = rotate(s[2], 32);
}

inline std::uint32_t fnv(std::uint32_t x, std::uint32_t y) { return x * 0x01000193u ^ y; }

inline Node data_set_node(const Node* nodes, std::uint32_t count, std::uint32_t j) {
    Node m = nodes[j % count];
    m.words[0] ^= j;
    m = keccak512(m);
    for (std::uint32_t k = 0; k < 256; ++k) {
        const Node& parent = nodes[fnv(j ^ k, m.words[k % 16]) % count];
        for (int w = 0; w < 16; ++w) m.words[w] = fnv(m.words[w], parent.words[w]);
    }
    return keccak512(m);
}

inline std::vector<Node> build(const std::uint8_t* seed, std::uint32_t count) {
    std::vector<Node> c(count);
    std::memcpy(&c[0], keccak(seed, 32, 64).data(), 64);
    for (std::uint32_t i = 1; i < count; ++i) c[i] = keccak512(c[i - 1]);
    for (int round = 0; round < 3; ++round)
        for (std::uint32_t i = 0; i < count; ++i) {
            Node mixed = c[(i + count - 1) % count];
            const Node& partner = c[c[i].words[0] % count];
            for (int w = 0; w < 16; ++w) mixed.words[w] ^= partner.words[w];
            c[i] = keccak512(mixed);
        }
    return c;
}

/// Steps 1 to 9 with a cache of count nodes and a data set of so many pages.
inline void hash(const Node* nodes, std::uint32_t count, std::uint32_t pages, const std::uint8_t* header_hash,
                 std::uint64_t nonce, std::uint8_t (&result)[hash_bytes]) {
    const Curve curve = curve_of(header_hash);
    std::vector<std::uint64_t> d(1024);
    for (std::uint64_t i = 0; i < 32; ++i) {
        const std::uint64_t x = nonce / 32 * 32 + i;
        std::uint64_t s[4] = {curve.v[0], curve.v[1], curve.v[2], curve.v[3] ^ x};
        for (int round = 0; round < 2; ++round) sip_round(s);
        s[0] ^= x;
        s[2] ^= 0xff;
        for (int round = 0; round < 4; ++round) sip_round(s);
        for (int j = 0; j < 32; ++j) {
            sip_round(s);
            d[32 * j + i] = static_cast<std::uint32_t>(s[0] ^ s[1] ^ s[2] ^ s[3]) % field_prime;
        }
    }
    std::uint32_t r[32];
    std::uint64_t folded = 0;
    for (std::uint64_t k = 0; k < 32; ++k) {
        const std::uint64_t w = power(curve.w, nonce % 32 + 32 * k);
        const std::uint64_t x = ((curve.a * w + curve.b) % field_prime * w + curve.c) % field_prime;
        std::uint64_t value = 0;
        for (int j = 1024; j-- > 0;) value = (value * x + d[j]) % field_prime;
        r[k] = static_cast<std::uint32_t>(value);
        folded = folded * 0x01000193u ^ r[k];
    }
    std::uint8_t message[40];
    std::memcpy(message, header_hash, 32);
    std::memcpy(message + 32, &folded, 8);
    std::uint32_t last[24], mix[64];
    std::memcpy(last, keccak(message, 40, 64).data(), 64);
    for (int t = 0; t < 4; ++t) std::memcpy(mix + 16 * t, last, 64);
    for (std::uint32_t i = 0; i < 32; ++i) {
        const std::uint32_t page = fnv(last[0] ^ i ^ r[i], mix[i]) % pages;
        for (std::uint32_t t = 0; t < 4; ++t) {
            const Node node = data_set_node(nodes, count, 4 * page + t);
            for (int w = 0; w < 16; ++w) mix[16 * t + w] = fnv(mix[16 * t + w], node.words[w]);
        }
    }
    const auto fold = [&](int u) { return fnv(fnv(fnv(mix[u], mix[u + 1]), mix[u + 2]), mix[u + 3]); };
    for (int i = 0; i < 8; ++i) last[16 + i] = fnv(fold(4 * i), fold(32 + 4 * i));
    std::memcpy(result, keccak(last, 96, 32).data(), 32);
}

}  // namespace reference
