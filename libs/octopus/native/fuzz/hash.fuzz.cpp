// Header hashes and nonces of any kind, on caches of few nodes: every kernel gives the hash of the specification.
#include "test/small-cache.hpp"

namespace {

using namespace octopus;

class FuzzFeed final : public HashFeed {
public:
    explicit FuzzFeed(const std::vector<check::Hashed>& hashes) : hashes_{hashes} {}
    bool take(HashTask& task) noexcept override {
        if (next_ == hashes_.size()) return false;
        const check::Hashed& hashed = hashes_[next_++];
        task = {hashed.cache->view(), read_header(hashed.header_hash), hashed.nonce, const_cast<check::Hashed*>(&hashed)};
        return true;
    }
    void done(void* tag, const std::uint8_t (&hash)[hash_bytes]) noexcept override {
        CHECK(std::memcmp(hash, static_cast<check::Hashed*>(tag)->expected, sizeof hash) == 0);
        ++right;
    }
    std::size_t right = 0;

private:
    const std::vector<check::Hashed>& hashes_;
    std::size_t next_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    constexpr std::size_t each = octopus::hash_bytes + 8;
    static check::Random random;
    static const CachePointer caches[] = {check::random_cache(random, 127), check::random_cache(random, 1021)};
    std::vector<check::Hashed> hashes;
    for (; size >= each && hashes.size() < 9; data += each, size -= each) {
        check::Hashed hashed;
        hashed.cache = caches[data[each - 1] % 2];
        std::memcpy(hashed.header_hash, data, sizeof hashed.header_hash);
        std::memcpy(&hashed.nonce, data + octopus::hash_bytes, sizeof hashed.nonce);
        hashes.push_back(hashed);
    }
    check::expect_by_reference(hashes);
    for (const Kernel* kernel : usable_kernels()) {
        FuzzFeed feed{hashes};
        kernel->hash(feed);
        CHECK(feed.right == hashes.size());
    }
    return 0;
}
