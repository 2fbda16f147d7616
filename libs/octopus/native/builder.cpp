#include "builder.hpp"

#include <algorithm>
#include <utility>

#include "threads.hpp"

namespace octopus {

namespace {

/// As many as any kernel builds side by side.
constexpr std::uint32_t most_builds = 8;

}  // namespace

CacheBuilder::CacheBuilder(const Kernel& kernel, std::string folder) : kernel_{kernel}, folder_{std::move(folder)} {
    now_.thread = std::thread{[this] { run(now_); }};
    try {
        ahead_.thread = std::thread{[this] {
            lower_own_priority();
            run(ahead_);
        }};
    } catch (...) {
        close();
        throw;
    }
}

CacheBuilder::~CacheBuilder() { close(); }

void CacheBuilder::submit(Build* const* builds, std::size_t count) noexcept {
    bool closed;
    {
        const std::scoped_lock lock{mutex_};
        closed = closed_;
        for (std::size_t i = 0; i < count && !closed; ++i)
            (builds[i]->ahead ? ahead_ : now_).waiting.push_back(builds[i]);
    }
    if (closed)
        for (std::size_t i = 0; i < count; ++i) builds[i]->ended();
    else
        changed_.notify_all();
}

void CacheBuilder::close() noexcept {
    {
        const std::scoped_lock lock{mutex_};
        __atomic_store_n(&closed_, true, __ATOMIC_RELAXED);
    }
    changed_.notify_all();
    for (Lane* lane : {&now_, &ahead_})
        if (lane->thread.joinable()) lane->thread.join();
}

void CacheBuilder::run(Lane& lane) noexcept {
    for (;;) {
        Build* builds[most_builds];
        std::uint32_t count = 0;
        {
            std::unique_lock lock{mutex_};
            changed_.wait(lock, [&] { return closed_ || !lane.waiting.empty(); });
            for (; count < std::min(kernel_.caches, most_builds) && !lane.waiting.empty(); ++count) {
                builds[count] = lane.waiting.front();
                lane.waiting.pop_front();
            }
        }
        if (count == 0) return;
        perform(builds, count);
    }
}

void CacheBuilder::perform(Build** builds, std::uint32_t count) noexcept {
    std::uint32_t stages[most_builds] = {};
    Build* missing[most_builds] = {};
    std::uint32_t missing_count = 0;
    for (std::uint32_t i = 0; i < count; ++i) {
        if (!folder_.empty() && !is_closed()) builds[i]->cache = read_cache_file(folder_, builds[i]->stage);
        builds[i]->from_file = builds[i]->cache != nullptr;
        if (builds[i]->from_file) {
            builds[i]->ended();
        } else {
            stages[missing_count] = builds[i]->stage;
            missing[missing_count++] = builds[i];
        }
    }
    CachePointer caches[most_builds];
    build_light_caches(kernel_, stages, missing_count, caches, &closed_);
    for (std::uint32_t i = 0; i < missing_count; ++i) {
        missing[i]->cache = caches[i];
        missing[i]->ended();
    }
    // Whoever waited for a cache has it by now.
    for (CachePointer& built : caches) {
        const CachePointer cache = std::move(built);
        if (!cache || folder_.empty() || is_closed()) continue;
        std::string problem = write_cache_file(folder_, *cache);
        const std::scoped_lock lock{mutex_};
        file_problem_ = std::move(problem);
    }
}

std::string CacheBuilder::file_problem() const {
    const std::scoped_lock lock{mutex_};
    return file_problem_;
}

}  // namespace octopus
