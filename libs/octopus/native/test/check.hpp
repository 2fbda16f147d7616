// What a native test needs: named tests, checks that name their line, random numbers from a seed that is printed.
// OCTOPUS_SEED repeats a run, OCTOPUS_ROUNDS is a percentage of the usual rounds.
#pragma once

#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <random>
#include <vector>

namespace check {

using Test = void (*)();

struct Named {
    const char* name;
    Test test;
};

inline std::vector<Named>& tests() {
    static std::vector<Named> all;
    return all;
}

struct Registered {
    Registered(const char* name, Test test) { tests().push_back({name, test}); }
};

[[noreturn]] inline void fail(const char* file, int line, const char* what) {
    std::fprintf(stderr, "%s:%d: failed: %s\n", file, line, what);
    std::abort();
}

inline std::uint64_t setting(const char* name, std::uint64_t otherwise) {
    const char* given = std::getenv(name);
    return given && *given ? std::strtoull(given, nullptr, 0) : otherwise;
}

inline std::uint64_t seed() {
    static const std::uint64_t chosen = setting("OCTOPUS_SEED", std::random_device{}());
    return chosen;
}

/// At least 1.
inline std::uint32_t rounds(std::uint32_t usual) {
    static const std::uint64_t percent = setting("OCTOPUS_ROUNDS", 100);
    const std::uint64_t scaled = usual * percent / 100;
    return scaled == 0 ? 1 : static_cast<std::uint32_t>(scaled);
}

/// False where every round is dear: sanitizers, emulation.
inline bool thorough() { return setting("OCTOPUS_ROUNDS", 100) >= 100; }

/// One for each thread that needs one.
class Random {
public:
    explicit Random(std::uint64_t stream = 0) : engine_{seed() * 0x9e3779b97f4a7c15 + stream} {}

    std::uint64_t word() { return engine_(); }
    /// From 0 to limit - 1.
    std::uint64_t below(std::uint64_t limit) { return engine_() % limit; }

    template <std::size_t Size>
    void fill(std::uint8_t (&bytes)[Size]) {
        for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(engine_() >> 32);
    }

private:
    std::mt19937_64 engine_;
};

inline int run(const char* program) {
    std::printf("%s, OCTOPUS_SEED=%" PRIu64 "\n", program, seed());
    for (const Named& named : tests()) {
        std::printf("  %s\n", named.name);
        std::fflush(stdout);
        named.test();
    }
    return 0;
}

}  // namespace check

#define CHECK(condition) \
    do { \
        if (!(condition)) check::fail(__FILE__, __LINE__, #condition); \
    } while (false)

#define TEST(name, text) \
    static void name(); \
    static const check::Registered registered_##name{text, name}; \
    static void name()

#define TEST_MAIN() \
    int main(int, char** arguments) { return check::run(arguments[0]); }
