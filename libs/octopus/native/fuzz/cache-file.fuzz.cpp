// A cache file that the input damages: it is refused, or gives the nodes that were written.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "stage.hpp"
#include "test/check.hpp"
#include "light-cache.hpp"

namespace {

using namespace octopus;

constexpr std::uint64_t file_header_bytes = 96;
/// The header but for what is reserved.
bool matters(std::uint64_t at) { return at < 24 || at >= 32; }

/// A valid file of stage 0, whole at the start of every run.
class Sample {
public:
    Sample() {
        std::string name = (std::filesystem::temp_directory_path() / "octopus-fuzz-XXXXXX").string();
        CHECK(::mkdtemp(name.data()) != nullptr);
        folder = name;
        const auto count = static_cast<std::uint32_t>(cache_bytes(0) / node_bytes);
        NodeMemory nodes = allocate_nodes(count);
        std::memset(nodes.get(), 0x5a, count * node_bytes);
        const LightCache cache{0, count, static_cast<std::uint32_t>(data_bytes(0) / page_bytes), std::move(nodes)};
        CHECK(write_cache_file(folder, cache).empty());
        descriptor = ::open((folder + "/octopus-light-0.cache").c_str(), O_RDWR);
        CHECK(descriptor >= 0);
        bytes = file_header_bytes + cache_bytes(0);
    }
    ~Sample() {
        ::close(descriptor);
        std::filesystem::remove_all(folder);
    }

    std::string folder;
    int descriptor;
    std::uint64_t bytes;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const Sample sample;
    if (size < 12) return 0;
    std::uint64_t at = 0;
    std::memcpy(&at, data, sizeof at);
    const bool truncates = data[8] % 4 == 0, in_header = data[8] % 4 != 3;
    at %= in_header ? file_header_bytes + 64 : sample.bytes;
    const std::uint64_t length = std::min<std::uint64_t>({size - 9, sample.bytes - at, 256});
    std::uint8_t before[256];
    CHECK(::pread(sample.descriptor, before, length, static_cast<off_t>(at)) == static_cast<ssize_t>(length));
    CHECK(::pwrite(sample.descriptor, data + 9, length, static_cast<off_t>(at)) == static_cast<ssize_t>(length));
    std::uint64_t now = sample.bytes;
    if (truncates) {
        now = data[9] % 2 ? at : sample.bytes + 1 + data[9];
        // Only the length changes hands: what was cut off comes back as zeros, so it is put back below.
        if (now < sample.bytes) now = std::max<std::uint64_t>(now, sample.bytes - 64);
        CHECK(::ftruncate(sample.descriptor, static_cast<off_t>(now)) == 0);
    }
    bool damaged = now != sample.bytes;
    for (std::uint64_t i = 0; i < length; ++i) damaged = damaged || (data[9 + i] != before[i] && matters(at + i));
    const CachePointer cache = read_cache_file(sample.folder, 0);
    CHECK((cache == nullptr) == damaged);
    if (cache)
        for (std::uint32_t n = 0; n < cache->view().node_count; n += 997)
            for (const std::uint32_t word : cache->view().nodes[n].words) CHECK(word == 0x5a5a5a5a);
    std::uint8_t tail[64];
    std::memset(tail, 0x5a, sizeof tail);
    CHECK(::ftruncate(sample.descriptor, static_cast<off_t>(sample.bytes)) == 0);
    CHECK(::pwrite(sample.descriptor, tail, 64, static_cast<off_t>(sample.bytes - 64)) == 64);
    CHECK(::pwrite(sample.descriptor, before, length, static_cast<off_t>(at)) == static_cast<ssize_t>(length));
    return 0;
}
