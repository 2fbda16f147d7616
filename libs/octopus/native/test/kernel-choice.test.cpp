// A kernel that computes something wrong is not used.
#include "kernels.hpp"

#include "small-cache.hpp"

namespace {

using namespace octopus;

/// The scalar kernel's feed but for one bit of one hash.
class WrongFeed final : public HashFeed {
public:
    explicit WrongFeed(HashFeed& right) : right_{right} {}
    bool take(HashTask& task) noexcept override { return right_.take(task); }
    void done(void* tag, const std::uint8_t (&hash)[hash_bytes]) noexcept override {
        std::uint8_t changed[hash_bytes];
        std::memcpy(changed, hash, sizeof changed);
        if (++count_ == 7) changed[31] ^= 1;
        right_.done(tag, changed);
    }

private:
    HashFeed& right_;
    int count_ = 0;
};

void hash_wrong(HashFeed& feed) noexcept {
    WrongFeed wrong{feed};
    kernel_scalar.hash(wrong);
}

void hash_nothing(HashFeed&) noexcept {}

bool build_wrong(const CacheTask* tasks, std::uint32_t count, const bool* cancelled) noexcept {
    for (std::uint32_t i = 0; i < count; ++i) {
        if (!kernel_scalar.build(&tasks[i], 1, cancelled)) return false;
        tasks[i].nodes[500].words[3] ^= 1;
    }
    return true;
}

/// Right alone, wrong for the second of two.
bool build_second_wrong(const CacheTask* tasks, std::uint32_t count, const bool* cancelled) noexcept {
    for (std::uint32_t i = 0; i < count; ++i)
        if (!kernel_scalar.build(&tasks[i], 1, cancelled)) return false;
    if (count > 1) tasks[1].nodes[0].words[0] ^= 1;
    return true;
}

bool build_nothing(const CacheTask*, std::uint32_t, const bool*) noexcept { return false; }

void pages_wrong(const LightView& cache, std::uint64_t first, std::uint64_t count, Node* nodes) noexcept {
    kernel_scalar.data_set_pages(cache, first, count, nodes);
    nodes[count * page_nodes - 1].words[15] ^= 1;
}

Kernel broken(const char* name) {
    Kernel kernel = kernel_scalar;
    kernel.name = name;
    return kernel;
}

TEST(right, "every usable kernel passes, and the best is chosen without a problem") {
    for (const Kernel* kernel : usable_kernels()) {
        CHECK(passes_self_test(*kernel));
        const KernelChoice choice = choose_kernel(kernel->name);
        CHECK(choice.kernel == kernel && choice.problem.empty());
    }
    const KernelChoice best = choose_kernel("");
    CHECK(best.kernel == usable_kernels().front() && best.problem.empty());
}

TEST(wrong, "a broken kernel gives way to the next, which says why") {
    Kernel hashes = broken("hashes"), lazy = broken("lazy"), builds = broken("builds"), second = broken("second"),
           none = broken("none"), pages = broken("pages");
    hashes.hash = hash_wrong;
    lazy.hash = hash_nothing;
    builds.build = build_wrong;
    second.build = build_second_wrong;
    second.caches = 2;
    none.build = build_nothing;
    pages.data_set_pages = pages_wrong;
    for (const Kernel* kernel : {&hashes, &lazy, &builds, &second, &none, &pages}) {
        CHECK(!passes_self_test(*kernel));
        const KernelChoice choice = choose_kernel({kernel, &kernel_scalar}, "");
        CHECK(choice.kernel == &kernel_scalar);
        CHECK(choice.problem == std::string{kernel->name} + " failed its self-test");
        const KernelChoice wanted = choose_kernel({kernel, &kernel_scalar}, kernel->name);
        CHECK(wanted.kernel == nullptr && wanted.problem == choice.problem);
    }
    const KernelChoice two = choose_kernel({&hashes, &pages}, "");
    CHECK(two.kernel == nullptr && two.problem == "hashes failed its self-test, pages failed its self-test");
}

TEST(missing, "a wanted kernel that is not there") {
    const KernelChoice choice = choose_kernel("sse9");
    CHECK(choice.kernel == nullptr);
    CHECK(choice.problem == "sse9 is not in this binary, or this processor cannot run it");
    CHECK(choose_kernel({}, "").kernel == nullptr);
}

}  // namespace

TEST_MAIN()
