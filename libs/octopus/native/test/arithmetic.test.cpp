// Keccak, header, remainders, sizes and the rule of Conflux, against known answers and naive arithmetic.
#include <string>

#include "check.hpp"
#include "header.hpp"
#include "keccak.hpp"
#include "naive-judge.hpp"
#include "reference.hpp"
#include "stage.hpp"

namespace {

using namespace octopus;

std::string hex(const void* bytes, std::size_t count) {
    std::string text;
    for (std::size_t i = 0; i < count; ++i) {
        char two[3];
        std::snprintf(two, sizeof two, "%02x", static_cast<const std::uint8_t*>(bytes)[i]);
        text += two;
    }
    return text;
}

TEST(keccak_known, "Keccak-256 and Keccak-512 of known messages") {
    std::uint8_t digest[32];
    keccak256(nullptr, 0, digest);
    CHECK(hex(digest, 32) == "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470");
    keccak256(reinterpret_cast<const std::uint8_t*>("abc"), 3, digest);
    CHECK(hex(digest, 32) == "4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45");
    std::uint64_t wide[keccak512_words];
    const std::uint64_t nothing = 0;
    keccak512(&nothing, 0, wide);
    CHECK(hex(wide, 64) ==
          "0eab42de4c3ceb9235fc91acffe746b29c29a8c366b7c60e4e67c466f36a4304"
          "c00fa9caf9d87976ba469bcbe06713b435f091ef2769fb160cdab33d3670680e");
}

TEST(keccak_random, "Keccak of random messages of every length") {
    check::Random random;
    for (std::uint32_t round = 0; round < check::rounds(20); ++round) {
        std::uint8_t message[keccak256_rate], digest[32];
        random.fill(message);
        for (std::size_t length = 0; length < keccak256_rate; ++length) {
            keccak256(message, length, digest);
            CHECK(std::memcmp(digest, reference::keccak(message, length, 32).data(), 32) == 0);
        }
        std::uint64_t words[keccak512_words], wide[keccak512_words];
        std::memcpy(words, message, sizeof words);
        for (std::size_t count = 0; count <= keccak512_words; ++count) {
            keccak512(words, count, wide);
            CHECK(std::memcmp(wide, reference::keccak(words, 8 * count, 64).data(), 64) == 0);
        }
    }
}

void check_header(const std::uint64_t (&words)[4]) {
    std::uint8_t hash[hash_bytes];
    std::memcpy(hash, words, sizeof hash);
    const Header header = read_header(hash);
    const reference::Curve curve = reference::curve_of(hash);
    CHECK(std::memcmp(header.words, words, sizeof words) == 0);
    CHECK(header.a == curve.a && header.b == curve.b && header.c == curve.c && header.w == curve.w);
    CHECK((curve.b * curve.b + field_prime * 4 - 4 * curve.a * curve.c % field_prime) % field_prime != 0);
}

TEST(header_degenerate, "headers at which the equation degenerates") {
    constexpr std::uint64_t most = ~std::uint64_t{0}, p = field_prime;
    const std::uint64_t cases[][4] = {
        {0, 0, 0, 0},
        {most, most, most, most},
        {p - 2, p - 2, p - 2, p - 2},
        {p - 3, 147455, 147455, p - 3},
        // The discriminant vanishes at v2, once with v2 = 2^64 - 1.
        {10, 3, 247702, 0},
        {316816, 4, most, 0},
    };
    for (const auto& words : cases) check_header(words);
    const std::uint64_t vanishing[] = {10, 3, 247702, 0};
    std::uint8_t hash[hash_bytes];
    std::memcpy(hash, vanishing, sizeof hash);
    CHECK(read_header(hash).c != reference::remap(247702));
}

TEST(header_random, "random headers") {
    check::Random random{1};
    for (std::uint32_t round = 0; round < check::rounds(20000); ++round) {
        // Small numbers, too: their exponents share factors with P - 1 more visibly.
        const std::uint64_t mask = random.below(2) == 0 ? 0xfffff : ~std::uint64_t{0};
        check_header({random.word() & mask, random.word() & mask, random.word() & mask, random.word() & mask});
    }
}

TEST(modulus, "remainders of 32-bit words are exact") {
    check::Random random{2};
    const auto agree = [](std::uint32_t divisor, std::uint32_t x) { CHECK(Modulus{divisor}(x) == x % divisor); };
    constexpr std::uint32_t most = ~std::uint32_t{0};
    for (std::uint32_t round = 0; round < check::rounds(300000); ++round) {
        const auto divisor = static_cast<std::uint32_t>(random.word() >> (32 + random.below(31))) | 1;
        const auto x = static_cast<std::uint32_t>(random.word() >> (32 + random.below(31)));
        agree(divisor, x);
        const std::uint32_t multiple = x / divisor * divisor;
        for (const std::uint32_t edge : {multiple, multiple - 1, multiple + 1, 0u, most, most / divisor * divisor}) agree(divisor, edge);
    }
    for (const std::uint32_t divisor : {2u, 3u, 1u << 31, (1u << 31) - 1, most, most - 1})
        for (const std::uint32_t x : {0u, 1u, divisor - 1, divisor, divisor + 1, most - 1, most}) agree(divisor, x);
}

TEST(stages, "sizes are the largest primes, seeds a chain") {
    CHECK(data_bytes(max_stage) / node_bytes <= std::uint64_t{1} << 32);
    const auto is_prime = [](std::uint64_t number) {
        for (std::uint64_t divisor = 2; divisor * divisor <= number; ++divisor)
            if (number % divisor == 0) return false;
        return true;
    };
    check::Random random{3};
    for (std::uint32_t round = 0; round < check::rounds(50); ++round) {
        const std::uint32_t stage = round == 0 ? 0 : static_cast<std::uint32_t>(random.below(max_stage + 1));
        std::uint64_t cache = (std::uint64_t{1} << 24) + (std::uint64_t{1} << 16) * stage - 64;
        while (!is_prime(cache / 64)) cache -= 128;
        std::uint64_t data = (std::uint64_t{1} << 32) + (std::uint64_t{1} << 24) * stage - 256;
        while (!is_prime(data / 256)) data -= 512;
        CHECK(cache_bytes(stage) == cache && data_bytes(stage) == data);
    }
    std::vector<std::uint8_t> expected(32);
    for (std::uint32_t stage = 0; stage < 20; ++stage, expected = reference::keccak(expected.data(), 32, 32)) {
        std::uint8_t seed[hash_bytes];
        seed_hash(stage, seed);
        CHECK(std::memcmp(seed, expected.data(), sizeof seed) == 0);
    }
}

TEST(judged, "judge equals 256-bit arithmetic bit by bit") {
    check::Random random{4};
    std::uint32_t below = 0, above = 0;
    for (std::uint32_t round = 0; round < check::rounds(200000); ++round) {
        Item item;
        std::uint8_t hash[hash_bytes];
        random.fill(item.nonce);
        random.fill(item.boundary);
        random.fill(hash);
        for (std::uint8_t* number : {item.nonce, item.boundary, hash}) {
            const std::uint64_t shape = random.below(8);
            if (shape == 0) std::memset(number, random.below(2) ? 0xff : 0, hash_bytes);
            if (shape == 1) std::memset(number, random.below(2) ? 0xff : 0, random.below(hash_bytes));
        }
        // The distance itself and its neighbours as boundaries.
        if (random.below(3) == 0) {
            const auto near = naive::add(naive::distance(item.nonce, hash), random.below(3));
            naive::write(near, item.boundary);
        }
        const Verdict verdict = judge(item, hash);
        CHECK(verdict == naive::judge(item, hash));
        ++(verdict == Verdict::below ? below : above);
    }
    CHECK(!check::thorough() || (below > 1000 && above > 1000));
}

}  // namespace

TEST_MAIN()
