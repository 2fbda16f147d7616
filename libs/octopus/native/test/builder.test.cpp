// Builders of caches and the files they leave, with a kernel that fills nodes in no time.
#include "builder.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <deque>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <set>

#include "small-cache.hpp"
#include "stage.hpp"

namespace {

using namespace octopus;
namespace fs = std::filesystem;
using std::chrono::milliseconds;

std::atomic<std::uint32_t> built{0}, most_together{0};
std::atomic<int> under_way{0};
std::atomic<bool> waits{false}, waiting{false};

bool build_quickly(const CacheTask* tasks, std::uint32_t count, const bool* cancelled) noexcept {
    ++under_way;
    while (waits && !__atomic_load_n(cancelled, __ATOMIC_RELAXED)) {
        waiting = true;
        std::this_thread::sleep_for(milliseconds{1});
    }
    --under_way;
    if (__atomic_load_n(cancelled, __ATOMIC_RELAXED)) return false;
    for (std::uint32_t i = 0; i < count; ++i)
        for (std::uint32_t n = 0; n < tasks[i].node_count; ++n)
            for (std::uint32_t w = 0; w < node_words; ++w)
                tasks[i].nodes[n].words[w] = n * node_words + w + tasks[i].seed[0] * 0x1010101u;
    built += count;
    if (count > most_together) most_together = count;
    return true;
}

const Kernel quick = {"quick", 8, 4, nullptr, build_quickly, nullptr};

bool is_right(const CachePointer& cache, std::uint32_t stage) {
    if (!cache || cache->stage() != stage || cache->bytes() != cache_bytes(stage)) return false;
    std::uint8_t seed[hash_bytes];
    seed_hash(stage, seed);
    for (std::uint32_t n = 0; n < cache->view().node_count; ++n)
        for (std::uint32_t w = 0; w < node_words; ++w)
            if (cache->view().nodes[n].words[w] != n * node_words + w + seed[0] * 0x1010101u) return false;
    return cache->view().page_modulus(static_cast<std::uint32_t>(data_bytes(stage) / page_bytes)) == 0;
}

class TestBuild final : public Build {
public:
    TestBuild(std::uint32_t stage, bool ahead) : Build{stage, ahead} {}
    void ended() noexcept override { CHECK(++ends_ == 1); }
    void wait() const {
        for (int i = 0; ends_ == 0; ++i) {
            CHECK(i < 60000);
            std::this_thread::sleep_for(milliseconds{1});
        }
    }
    bool has_ended() const { return ends_ != 0; }

private:
    std::atomic<int> ends_{0};
};

class Folder {
public:
    Folder() {
        std::string name = (fs::temp_directory_path() / "octopus-test-XXXXXX").string();
        CHECK(::mkdtemp(name.data()) != nullptr);
        path = name;
    }
    ~Folder() { fs::remove_all(path); }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;

    fs::path file(std::uint32_t stage) const { return path / ("octopus-light-" + std::to_string(stage) + ".cache"); }
    std::set<std::string> names() const {
        std::set<std::string> all;
        for (const auto& entry : fs::directory_iterator{path}) all.insert(entry.path().filename().string());
        return all;
    }

    fs::path path;
};

/// Builds one stage and waits for the builder to be gone, and with it for the file.
CachePointer get(const std::string& folder, std::uint32_t stage, bool& from_file, std::string* problem = nullptr) {
    TestBuild build{stage, false};
    CacheBuilder builder{quick, folder};
    Build* const builds[] = {&build};
    builder.submit(builds, 1);
    build.wait();
    // The file is written after the end of the build; the next one of the lane waits for that.
    TestBuild next{stage, false};
    Build* const more[] = {&next};
    builder.submit(more, 1);
    next.wait();
    if (problem) *problem = builder.file_problem();
    from_file = build.from_file;
    return build.cache;
}

void flip(const fs::path& file, std::uint64_t at, int bit) {
    std::fstream stream{file, std::ios::in | std::ios::out | std::ios::binary};
    stream.seekg(static_cast<std::streamoff>(at));
    const char byte = static_cast<char>(stream.get() ^ (1 << bit));
    stream.seekp(static_cast<std::streamoff>(at));
    stream.put(byte);
    CHECK(stream.good());
}

TEST(side_by_side, "several stages, now and ahead, each right") {
    built = most_together = 0;
    waits = true;
    waiting = false;
    CacheBuilder builder{quick, ""};
    std::deque<TestBuild> builds;
    std::vector<Build*> given;
    for (std::uint32_t stage = 0; stage < 6; ++stage) given.push_back(&builds.emplace_back(stage * 3, stage % 3 == 2));
    builder.submit(given.data(), given.size());
    while (!waiting) std::this_thread::sleep_for(milliseconds{1});
    for (const TestBuild& build : builds) CHECK(!build.has_ended());
    waits = false;
    for (TestBuild& build : builds) {
        build.wait();
        CHECK(is_right(build.cache, build.stage) && !build.from_file);
    }
    CHECK(built == 6 && most_together == 4);
}

TEST(ahead_is_no_hindrance, "what is needed now does not wait for what is built ahead") {
    waits = true;
    waiting = false;
    CacheBuilder builder{quick, ""};
    TestBuild ahead{1, true}, now{0, false};
    Build* const first[] = {&ahead};
    builder.submit(first, 1);
    while (!waiting) std::this_thread::sleep_for(milliseconds{1});
    Build* const second[] = {&now};
    builder.submit(second, 1);
    for (int i = 0; under_way != 2; ++i) {
        CHECK(i < 20000);
        std::this_thread::sleep_for(milliseconds{1});
    }
    CHECK(!ahead.has_ended() && !now.has_ended());
    waits = false;
    now.wait();
    ahead.wait();
    CHECK(is_right(now.cache, 0) && is_right(ahead.cache, 1));
}

TEST(closed, "closed in the middle: all end without a cache, those after it as well") {
    for (int round = 0; round < 5; ++round) {
        waits = true;
        waiting = false;
        CacheBuilder builder{quick, ""};
        std::deque<TestBuild> builds;
        std::vector<Build*> given;
        for (std::uint32_t stage = 0; stage < 12; ++stage) given.push_back(&builds.emplace_back(stage, stage % 2 == 1));
        builder.submit(given.data(), given.size());
        while (!waiting && round != 0) std::this_thread::sleep_for(milliseconds{1});
        builder.close();
        for (const TestBuild& build : builds) CHECK(build.has_ended() && !build.cache);
        TestBuild late{0, false};
        Build* const more[] = {&late};
        builder.submit(more, 1);
        CHECK(late.has_ended() && !late.cache);
        builder.close();
        waits = false;
    }
}

TEST(files, "a second builder takes the file, and stages far away go") {
    const Folder folder;
    const std::string deep = folder.path / "a" / "b";
    bool from_file = false;
    std::string problem;
    CHECK(is_right(get(deep, 7, from_file, &problem), 7) && !from_file && problem.empty());
    built = 0;
    CHECK(is_right(get(deep, 7, from_file), 7) && from_file && built == 0);
    for (const char* other : {"octopus-light-4.cache", "octopus-light-5.cache", "octopus-light-9.cache",
                              "octopus-light-10.cache", "octopus-light-.cache", "octopus-light-010.cache",
                              "octopus-light-99999999999999999999.cache", "octopus-light-4.cache.bak", "x", "o.cache"})
        std::ofstream{deep + "/" + other} << "x";
    for (const char* part : {"octopus-light-7.cache.part-aaaaaa", "octopus-light-7.cache.part-bbbbbb"})
        std::ofstream{deep + "/" + part} << "x";
    fs::last_write_time(deep + "/octopus-light-7.cache.part-aaaaaa",
                        fs::file_time_type::clock::now() - std::chrono::hours{2});
    fs::create_directory(deep + "/octopus-light-1.cache");
    std::ofstream{deep + "/octopus-light-1.cache/inside"} << "x";
    fs::remove(deep + "/octopus-light-7.cache");
    CHECK(is_right(get(deep, 7, from_file), 7) && !from_file);
    std::set<std::string> left;
    for (const auto& entry : fs::directory_iterator{deep}) left.insert(entry.path().filename().string());
    for (const char* gone : {"octopus-light-4.cache", "octopus-light-10.cache", "octopus-light-7.cache.part-aaaaaa"}) CHECK(left.count(gone) == 0);
    for (const char* kept : {"octopus-light-5.cache", "octopus-light-7.cache", "octopus-light-9.cache",
                             "octopus-light-010.cache", "octopus-light-4.cache.bak", "octopus-light-1.cache", "x",
                             "octopus-light-7.cache.part-bbbbbb"})
        CHECK(left.count(kept) == 1);
}

TEST(damaged, "a file with a flipped bit anywhere, cut, longer or of another stage is not used") {
    check::Random random;
    const Folder folder;
    bool from_file = false;
    get(folder.path, 0, from_file);
    const fs::path file = folder.file(0);
    const std::uint64_t bytes = fs::file_size(file), header = 96;
    CHECK(bytes == header + cache_bytes(0));
    CHECK(is_right(read_cache_file(folder.path, 0), 0));

    // Magic, stage, node count, checksum, nodes; what is reserved may say anything.
    struct Field { std::uint64_t from, to; bool matters; };
    for (const Field field : {Field{0, 8, true}, Field{8, 16, true}, Field{16, 24, true}, Field{24, 32, false},
                              Field{32, 96, true}, Field{96, 160, true}, Field{bytes - 64, bytes, true}, Field{96, bytes, true}})
        for (std::uint32_t round = 0; round < check::rounds(4); ++round) {
            const std::uint64_t at = field.from + random.below(field.to - field.from);
            const int bit = static_cast<int>(random.below(8));
            flip(file, at, bit);
            const CachePointer cache = read_cache_file(folder.path, 0);
            CHECK(field.matters ? cache == nullptr : is_right(cache, 0));
            flip(file, at, bit);
        }
    CHECK(is_right(read_cache_file(folder.path, 0), 0));

    for (const std::uint64_t size : {std::uint64_t{0}, std::uint64_t{1}, header - 1, header, bytes - 1, bytes - 64, bytes + 1, bytes + 64}) {
        fs::copy_file(file, folder.file(1), fs::copy_options::overwrite_existing);
        fs::rename(folder.file(1), folder.path / "copy");
        fs::rename(file, folder.file(3));
        fs::rename(folder.path / "copy", file);
        fs::resize_file(file, size);
        CHECK(read_cache_file(folder.path, 0) == nullptr);
        fs::remove(file);
        fs::rename(folder.file(3), file);
    }
    // Of another stage: even at that stage's size the header says whose it is.
    fs::copy_file(file, folder.file(1));
    CHECK(read_cache_file(folder.path, 1) == nullptr);
    fs::resize_file(folder.file(1), header + cache_bytes(1));
    CHECK(read_cache_file(folder.path, 1) == nullptr);
    CHECK(read_cache_file(folder.path, 2) == nullptr);

    // A builder replaces what is damaged.
    flip(file, 1000, 3);
    CHECK(is_right(get(folder.path, 0, from_file), 0) && !from_file);
    CHECK(is_right(get(folder.path, 0, from_file), 0) && from_file);
}

TEST(no_folder, "where nothing can be written or read the cache is there and the problem is told") {
    const Folder folder;
    std::ofstream{folder.path / "plain"} << "x";
    bool from_file = true;
    std::string problem;
    CHECK(is_right(get(folder.path / "plain" / "sub", 0, from_file, &problem), 0) && !from_file);
    CHECK(problem.find("cannot create") == 0 && problem.find("Not a directory") != std::string::npos);
    // A folder stands where the file should go.
    fs::create_directories(folder.file(0) / "inside");
    CHECK(is_right(get(folder.path, 0, from_file, &problem), 0) && !from_file);
    CHECK(problem.find("cannot rename") == 0);
    CHECK(folder.names() == (std::set<std::string>{"octopus-light-0.cache", "plain"}));
    CHECK(read_cache_file("", 0) == nullptr && read_cache_file("/dev", 0) == nullptr);
}

TEST(together, "builders on one folder: no file is ever seen that is not whole, and none stays behind") {
    for (std::uint32_t round = 0; round < check::rounds(4); ++round) {
        const Folder folder;
        std::deque<CacheBuilder> builders;
        std::deque<TestBuild> builds;
        for (int i = 0; i < 3; ++i) builders.emplace_back(quick, folder.path);
        for (CacheBuilder& builder : builders) {
            std::vector<Build*> given;
            for (const bool ahead : {false, true}) given.push_back(&builds.emplace_back(0, ahead));
            builder.submit(given.data(), given.size());
        }
        std::atomic<bool> over{false};
        std::thread reader{[&] {
            while (!over)
                if (fs::exists(folder.file(0))) CHECK(is_right(read_cache_file(folder.path, 0), 0));
        }};
        for (TestBuild& build : builds) {
            build.wait();
            CHECK(is_right(build.cache, 0));
        }
        for (CacheBuilder& builder : builders) {
            TestBuild now{0, false}, ahead{0, true};
            Build* const more[] = {&now, &ahead};
            builder.submit(more, 2);
            now.wait();
            ahead.wait();
            CHECK(builder.file_problem().empty());
        }
        builders.clear();
        over = true;
        reader.join();
        CHECK(folder.names() == std::set<std::string>{"octopus-light-0.cache"});
    }
}

}  // namespace

TEST_MAIN()
