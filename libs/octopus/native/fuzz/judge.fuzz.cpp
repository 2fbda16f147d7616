// judge() on any bytes against arithmetic on single bits.
#include "test/check.hpp"
#include "test/naive-judge.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    octopus::Item item{};
    std::uint8_t hash[octopus::hash_bytes];
    if (size < octopus::hash_bytes + sizeof item) return 0;
    std::memcpy(hash, data, sizeof hash);
    std::memcpy(&item, data + sizeof hash, sizeof item);
    CHECK(octopus::judge(item, hash) == naive::judge(item, hash));
    // The distance itself is the boundary at which the verdict turns.
    naive::write(naive::distance(item.nonce, hash), item.boundary);
    CHECK(octopus::judge(item, hash) == naive::judge(item, hash));
    return 0;
}
