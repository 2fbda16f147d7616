// test/vectors/octopus.json by every kernel. OCTOPUS_VECTORS names the list that test/vectors.awk makes of it.
#include <fstream>
#include <map>
#include <string>

#include "small-cache.hpp"
#include "stage.hpp"

namespace {

using namespace octopus;
using check::Hashed;

void read_hex(const std::string& text, std::uint8_t (&bytes)[hash_bytes]) {
    CHECK(text.size() == 2 + 2 * hash_bytes);
    for (std::size_t i = 0; i < hash_bytes; ++i)
        bytes[i] = static_cast<std::uint8_t>(std::stoul(text.substr(2 + 2 * i, 2), nullptr, 16));
}

class VectorFeed final : public HashFeed {
public:
    explicit VectorFeed(const std::vector<Hashed>& rows) : rows_{rows} {}
    bool take(HashTask& task) noexcept override {
        if (next_ == rows_.size()) return false;
        const Hashed& row = rows_[next_++];
        task = {row.cache->view(), read_header(row.header_hash), row.nonce, const_cast<Hashed*>(&row)};
        return true;
    }
    void done(void* tag, const std::uint8_t (&hash)[hash_bytes]) noexcept override {
        CHECK(std::memcmp(hash, static_cast<Hashed*>(tag)->expected, hash_bytes) == 0);
        ++right;
    }
    std::size_t right = 0;

private:
    const std::vector<Hashed>& rows_;
    std::size_t next_ = 0;
};

TEST(vectors, "recorded hashes") {
    std::map<std::uint32_t, std::vector<Hashed>> stages;
    std::ifstream list{std::getenv("OCTOPUS_VECTORS") ? std::getenv("OCTOPUS_VECTORS") : ""};
    std::string header, nonce, hash;
    std::size_t count = 0;
    for (std::uint64_t height; list >> height >> header >> nonce >> hash; ++count) {
        Hashed row;
        read_hex(header, row.header_hash);
        read_hex(hash, row.expected);
        row.nonce = std::stoull(nonce, nullptr, 16);
        stages[static_cast<std::uint32_t>(height / stage_length)].push_back(row);
    }
    CHECK(count == 132 && stages.size() == 18);

    // A stage takes long where every round is dear.
    const std::size_t wanted = check::thorough() ? stages.size() : 1;
    const Kernel& builder = *usable_kernels().front();
    std::vector<std::uint32_t> names;
    for (const auto& [stage, rows] : stages) names.push_back(stage);
    const bool cancelled = false;
    for (std::size_t from = 0; from < wanted; from += builder.caches) {
        const auto some = static_cast<std::uint32_t>(std::min<std::size_t>(builder.caches, wanted - from));
        std::vector<CachePointer> caches(some);
        build_light_caches(builder, &names[from], some, caches.data(), &cancelled);
        for (std::uint32_t i = 0; i < some; ++i) {
            CHECK(caches[i]);
            std::vector<Hashed>& rows = stages[names[from + i]];
            for (Hashed& row : rows) row.cache = caches[i];
            for (const Kernel* kernel : usable_kernels()) {
                VectorFeed feed{rows};
                kernel->hash(feed);
                CHECK(feed.right == rows.size());
            }
            for (Hashed& row : rows) row.cache.reset();
        }
    }
}

}  // namespace

TEST_MAIN()
