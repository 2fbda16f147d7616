// The light cache on disk: a header of 96 bytes, then the nodes as they are in memory.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bit>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "keccak.hpp"
#include "light-cache.hpp"
#include "stage.hpp"

namespace octopus {

namespace {

namespace fs = std::filesystem;

static_assert(std::endian::native == std::endian::little, "nodes are written as they are");

constexpr char magic[8] = {'o', 'c', 't', 'o', 'p', 'u', 's', '1'};
constexpr const char* prefix = "octopus-light-";
constexpr const char* suffix = ".cache";
constexpr const char* unfinished_suffix = ".part-XXXXXX";
/// A file that was begun so long ago was left by a process that ended in the middle.
constexpr std::chrono::hours abandoned_after{1};
/// Files of this many stages on either side are kept: previous and next, and one more for a process that is behind.
constexpr std::uint32_t kept_distance = 2;

struct FileHeader {
    char magic[8];
    std::uint64_t stage;
    std::uint64_t node_count;
    std::uint64_t reserved;
    std::uint64_t checksum[keccak512_words];
};
static_assert(sizeof(FileHeader) == 96);

class File {
public:
    explicit File(int descriptor) noexcept : descriptor_{descriptor} {}
    ~File() {
        if (descriptor_ >= 0) ::close(descriptor_);
    }
    File(const File&) = delete;
    File& operator=(const File&) = delete;

    bool is_open() const noexcept { return descriptor_ >= 0; }

    bool read(void* to, std::size_t bytes) const noexcept {
        for (auto* at = static_cast<char*>(to); bytes != 0;) {
            const ssize_t got = ::read(descriptor_, at, bytes);
            if (got < 0 && errno == EINTR) continue;
            if (got <= 0) return false;
            at += got;
            bytes -= static_cast<std::size_t>(got);
        }
        return true;
    }

    bool write(const void* from, std::size_t bytes) const noexcept {
        for (auto* at = static_cast<const char*>(from); bytes != 0;) {
            const ssize_t put = ::write(descriptor_, at, bytes);
            if (put < 0 && errno == EINTR) continue;
            if (put <= 0) return false;
            at += put;
            bytes -= static_cast<std::size_t>(put);
        }
        return true;
    }

    bool make_readable() const noexcept { return ::fchmod(descriptor_, 0644) == 0; }

    bool sync() const noexcept { return ::fsync(descriptor_) == 0; }

    std::int64_t size() const noexcept {
        struct stat status;
        return ::fstat(descriptor_, &status) == 0 ? static_cast<std::int64_t>(status.st_size) : -1;
    }

private:
    int descriptor_;
};

/// Against a damaged disk, not against somebody who may write there. Eight chains of FNV-1a over 64-bit words are cheap (a
/// cache of 35 MB is read and checked in 12 ms) and notice any change of a single word.
void checksum_of(const Node* nodes, std::uint64_t stage, std::uint64_t count,
                 std::uint64_t (&checksum)[keccak512_words]) noexcept {
    constexpr std::uint64_t offset = 0xcbf29ce484222325;
    constexpr std::uint64_t prime = 0x100000001b3;
    std::uint64_t chains[keccak512_words];
    for (std::uint64_t& chain : chains) chain = (offset ^ stage) * prime;
    for (std::uint64_t i = 0; i < count; ++i) {
        std::uint64_t words[keccak512_words];
        std::memcpy(words, &nodes[i], sizeof words);
        for (std::size_t w = 0; w < keccak512_words; ++w) chains[w] = (chains[w] ^ words[w]) * prime;
    }
    keccak512(chains, keccak512_words, checksum);
}

std::string file_name(std::uint32_t stage) { return prefix + std::to_string(stage) + suffix; }

bool is_abandoned(const fs::path& path, const std::string& name) noexcept {
    if (!name.starts_with(prefix) || name.find(".cache.part-") == std::string::npos) return false;
    std::error_code error;
    const auto written = fs::last_write_time(path, error);
    return !error && fs::file_time_type::clock::now() - written > abandoned_after;
}

bool is_of_far_stage(const std::string& name, std::uint32_t stage) noexcept {
    if (!name.starts_with(prefix) || !name.ends_with(suffix)) return false;
    std::uint32_t other = 0;
    const char* digits = name.c_str() + std::strlen(prefix);
    if (std::from_chars(digits, name.c_str() + name.size(), other).ec != std::errc{}) return false;
    return name == file_name(other) && (other + kept_distance < stage || other > stage + kept_distance);
}

void remove_far_files(const fs::path& folder, std::uint32_t stage) noexcept {
    std::error_code error, ignored;
    // Not a range-for: its ++ throws where reading the folder fails.
    for (fs::directory_iterator entry{folder, error}; !error && entry != fs::directory_iterator{}; entry.increment(error)) {
        const std::string name = entry->path().filename().string();
        if (is_of_far_stage(name, stage) || is_abandoned(entry->path(), name)) fs::remove(entry->path(), ignored);
    }
}

}  // namespace

CachePointer read_cache_file(const std::string& folder, std::uint32_t stage) noexcept {
    const std::string path = (fs::path{folder} / file_name(stage)).string();
    const File file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
    const std::uint64_t count = cache_bytes(stage) / node_bytes;
    FileHeader header;
    if (!file.is_open() || file.size() != static_cast<std::int64_t>(sizeof header + count * node_bytes)) return nullptr;
    if (!file.read(&header, sizeof header) || std::memcmp(header.magic, magic, sizeof magic) != 0) return nullptr;
    if (header.stage != stage || header.node_count != count) return nullptr;
    NodeMemory nodes = allocate_nodes(count);
    if (!nodes || !file.read(nodes.get(), count * node_bytes)) return nullptr;
    std::uint64_t checksum[keccak512_words];
    checksum_of(nodes.get(), stage, count, checksum);
    if (std::memcmp(checksum, header.checksum, sizeof checksum) != 0) return nullptr;
    return std::make_shared<const LightCache>(stage, static_cast<std::uint32_t>(count),
                                              static_cast<std::uint32_t>(data_bytes(stage) / page_bytes),
                                              std::move(nodes));
}

std::string write_cache_file(const std::string& folder, const LightCache& cache) noexcept {
    std::error_code error;
    fs::create_directories(folder, error);
    const fs::path target = fs::path{folder} / file_name(cache.stage());
    // Not named after the process: another builder of this one, or process 1 of another container, may write there, too.
    std::string unfinished = target.string() + unfinished_suffix;
    const auto failed = [&](const char* what) {
        const int reason = errno;
        ::unlink(unfinished.c_str());
        return std::string{what} + " " + target.string() + ": " + std::strerror(reason);
    };
    FileHeader header{};
    std::memcpy(header.magic, magic, sizeof magic);
    header.stage = cache.stage();
    header.node_count = cache.view().node_count;
    checksum_of(cache.view().nodes, header.stage, header.node_count, header.checksum);
    {
        const File file{::mkostemp(unfinished.data(), O_CLOEXEC)};
        if (!file.is_open()) return failed("cannot create");
        if (!file.make_readable() || !file.write(&header, sizeof header) || !file.write(cache.view().nodes, cache.bytes()) || !file.sync())
            return failed("cannot write");
    }
    if (::rename(unfinished.c_str(), target.c_str()) != 0) return failed("cannot rename to");
    remove_far_files(folder, cache.stage());
    return {};
}

}  // namespace octopus
