#include "kernels.hpp"

#include <cstring>

#include "header.hpp"
#include "keccak.hpp"
#include "light-cache.hpp"

namespace octopus {

extern const Kernel kernel_scalar;
#ifdef __x86_64__
extern const Kernel kernel_avx2;
extern const Kernel kernel_avx512;
#endif
#ifdef __aarch64__
extern const Kernel kernel_neon;
#endif

namespace {

std::vector<const Kernel*> find_usable() {
    std::vector<const Kernel*> usable;
#ifdef __x86_64__
    // These ask the processor, and whether the operating system saves the registers.
    const bool bmi = __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2");
    const bool avx2 = bmi && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    if (avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl"))
        usable.push_back(&kernel_avx512);
    if (avx2) usable.push_back(&kernel_avx2);
#endif
#ifdef __aarch64__
    usable.push_back(&kernel_neon);
#endif
    usable.push_back(&kernel_scalar);
    return usable;
}

// The fixed results come from the TypeScript reference.
constexpr std::uint32_t tested_nodes = 1021;
constexpr std::uint32_t tested_pages = 33554393;
constexpr std::uint64_t tested_hashes = 19;
constexpr std::uint64_t tested_nonce = 0xfffffffffffffff0;
constexpr std::uint64_t tested_page = 8388597;
constexpr std::uint32_t tested_page_count = 3;
constexpr std::uint8_t expected_hashes[hash_bytes] = {0x5a, 0x0c, 0x1b, 0x29, 0x8e, 0x08, 0xfe, 0x5b, 0xb7, 0x8a, 0xa1,
                                                      0x24, 0x32, 0xf0, 0x6d, 0x37, 0x8c, 0xdc, 0x51, 0x71, 0x0f, 0xb5,
                                                      0x0b, 0x4b, 0x3f, 0x8d, 0xbf, 0x0f, 0xd6, 0xf4, 0x0b, 0x61};
constexpr std::uint8_t expected_pages[hash_bytes] = {0x33, 0xe4, 0xe1, 0xeb, 0x13, 0x1d, 0xd5, 0x42, 0x4e, 0x64, 0xe9,
                                                     0x4b, 0x9e, 0x58, 0xa0, 0xfb, 0x2e, 0xf5, 0x57, 0x55, 0x79, 0xd7,
                                                     0xf8, 0x3c, 0x9b, 0x1e, 0x0d, 0xea, 0x9b, 0x51, 0x76, 0xea};

// digest = keccak256(digest || part)
void extend(std::uint8_t (&digest)[hash_bytes], const void* part, std::size_t bytes) noexcept {
    std::uint8_t message[keccak256_rate];
    std::memcpy(message, digest, hash_bytes);
    std::memcpy(message + hash_bytes, part, bytes);
    keccak256(message, hash_bytes + bytes, digest);
}

class TestFeed final : public HashFeed {
public:
    explicit TestFeed(const LightView& cache) noexcept : cache_{cache} {}

    bool take(HashTask& task) noexcept override {
        if (next_ == tested_hashes) return false;
        std::uint8_t header[hash_bytes];
        for (std::size_t k = 0; k < hash_bytes; ++k) header[k] = static_cast<std::uint8_t>(5 * k + 1 + next_ % 3);
        task = {cache_, read_header(header), tested_nonce + next_, &hashes_[next_]};
        ++next_;
        return true;
    }

    void done(void* tag, const std::uint8_t (&hash)[hash_bytes]) noexcept override {
        std::memcpy(tag, hash, hash_bytes);
    }

    bool is_right() const noexcept {
        std::uint8_t digest[hash_bytes] = {};
        for (const auto& hash : hashes_) extend(digest, hash, hash_bytes);
        return std::memcmp(digest, expected_hashes, hash_bytes) == 0;
    }

private:
    LightView cache_;
    std::uint64_t next_ = 0;
    std::uint8_t hashes_[tested_hashes][hash_bytes] = {};
};

}  // namespace

const std::vector<const Kernel*>& usable_kernels() noexcept {
    static const std::vector<const Kernel*> usable = find_usable();
    return usable;
}

bool passes_self_test(const Kernel& kernel) noexcept {
    // Twice the same cache, so that building side by side is tested, too.
    NodeMemory memory[2] = {allocate_nodes(tested_nodes), allocate_nodes(tested_nodes)};
    if (!memory[0] || !memory[1]) return false;
    CacheTask tasks[2];
    for (std::size_t i = 0; i < 2; ++i) {
        tasks[i].nodes = memory[i].get();
        tasks[i].node_count = tested_nodes;
        for (std::size_t k = 0; k < hash_bytes; ++k) tasks[i].seed[k] = static_cast<std::uint8_t>(7 * k + 1);
    }
    const std::uint32_t count = kernel.caches > 1 ? 2 : 1;
    const bool cancelled = false;
    if (!kernel.build(tasks, count, &cancelled)) return false;
    if (count == 2 && std::memcmp(tasks[0].nodes, tasks[1].nodes, tested_nodes * node_bytes) != 0) return false;

    const LightView cache{tasks[0].nodes, tested_nodes, Modulus{tested_nodes}, Modulus{tested_pages}};
    TestFeed feed{cache};
    kernel.hash(feed);
    if (!feed.is_right()) return false;

    Node pages[tested_page_count * page_nodes];
    kernel.data_set_pages(cache, tested_page, tested_page_count, pages);
    std::uint8_t digest[hash_bytes] = {};
    for (const Node& node : pages) extend(digest, &node, node_bytes);
    return std::memcmp(digest, expected_pages, hash_bytes) == 0;
}

KernelChoice choose_kernel(const std::string& wanted) { return choose_kernel(usable_kernels(), wanted); }

KernelChoice choose_kernel(const std::vector<const Kernel*>& kernels, const std::string& wanted) {
    std::string problem;
    for (const Kernel* kernel : kernels) {
        if (!wanted.empty() && wanted != kernel->name) continue;
        if (passes_self_test(*kernel)) return {kernel, problem};
        problem += (problem.empty() ? "" : ", ") + std::string{kernel->name} + " failed its self-test";
    }
    if (problem.empty()) problem = wanted + " is not in this binary, or this processor cannot run it";
    return {nullptr, problem};
}

}  // namespace octopus
