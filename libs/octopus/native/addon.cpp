// The N-API face. Nothing here knows of heights, or of which caches to keep: src/native.ts and src/light-caches.ts do.
// Arguments are checked all the same: a wrong one throws TypeError or RangeError, and nothing a caller passes can crash
// the process. Work runs on the engine's own threads; its end is told to the event loop in one wake-up for all that
// ended meanwhile.
#include <cstring>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "addon-full.hpp"
#include "builder.hpp"
#include "keccak.hpp"
#include "kernels.hpp"
#include "napi-values.hpp"
#include "pool.hpp"
#include "stage.hpp"

namespace {

using octopus::CachePointer;
using octopus::bytes_of;
using octopus::fail;
using octopus::handle_of;
using octopus::Hash;
using octopus::hash_bytes;
using octopus::new_handle;
using octopus::read_bytes;
using octopus::read_hash;
using octopus::read_integer;
using octopus::read_u64;

constexpr std::uint32_t most_threads = 256;
constexpr std::uint32_t most_waiting = 1 << 20;
/// Hashes of one call: one to two seconds of work for a core.
constexpr std::uint32_t most_items = 1 << 14;
constexpr std::uint32_t most_builds = 64;
/// 2^53, the integers of a JavaScript number.
constexpr double most_nonces = 9007199254740992.0;

class Engine;

// Something asked for, whose promise is settled when it ended.
class Job {
public:
    Job() = default;
    Job(const Job&) = delete;
    Job& operator=(const Job&) = delete;
    virtual ~Job() = default;

    virtual void settle(Napi::Env env) = 0;

    /// What the caller got a promise of, from Engine::expect() on: one that is never settled is never freed.
    std::optional<Napi::Promise::Deferred> deferred;
    std::shared_ptr<Engine> engine;
    std::unique_ptr<Job> next;
};

// Pool, builder, and the way back to the event loop. Lives until the handle and the last job are gone.
class Engine : public std::enable_shared_from_this<Engine> {
public:
    Engine(Napi::Env env, const octopus::Kernel& kernel, const octopus::PoolOptions& options, std::string folder)
        : kernel{kernel}, pool{kernel, options}, builder{kernel, std::move(folder)}, env_{env} {
        const auto name = Napi::String::New(env, "octopus");
        napi_create_threadsafe_function(env, nullptr, nullptr, name, 0, 1, nullptr, nullptr, this, on_wake, &wake_);
        napi_unref_threadsafe_function(env, wake_);
        napi_add_env_cleanup_hook(env, on_exit, this);
    }

    ~Engine() {
        close();
        if (exited_) return;
        napi_remove_env_cleanup_hook(env_, on_exit, this);
        napi_release_threadsafe_function(wake_, napi_tsfn_abort);
    }

    /// Any thread. What waits is given up, what runs ends within milliseconds.
    void close() {
        pool.close();
        builder.close();
    }

    /// On the event loop. The process stays alive while jobs are under way.
    Napi::Promise expect(Job& job) {
        job.deferred.emplace(env_);
        job.engine = shared_from_this();
        if (expected_++ == 0) napi_ref_threadsafe_function(env_, wake_);
        return job.deferred->Promise();
    }

    /// Any thread.
    void completed(Job* job) {
        bool first;
        {
            const std::scoped_lock lock{mutex_};
            first = !completed_;
            job->next = std::move(completed_);
            completed_.reset(job);
        }
        if (first) napi_call_threadsafe_function(wake_, nullptr, napi_tsfn_nonblocking);
    }

    const octopus::Kernel& kernel;
    octopus::HashPool pool;
    octopus::CacheBuilder builder;

private:
    static void on_wake(napi_env env, napi_value, void* context, void*) {
        auto* engine = static_cast<Engine*>(context);
        std::unique_ptr<Job> newest_first, job;
        {
            const std::scoped_lock lock{engine->mutex_};
            newest_first = std::move(engine->completed_);
        }
        if (env == nullptr) {
            // The environment is going away: nobody can be told, and nothing of it is touched any more. One after the
            // other, since a chain frees itself by recursion; the last may hold the last reference to the engine.
            while (newest_first) newest_first = std::move(newest_first->next);
            return;
        }
        while (newest_first) {
            auto rest = std::move(newest_first->next);
            newest_first->next = std::move(job);
            job = std::move(newest_first);
            newest_first = std::move(rest);
        }
        // The last job may hold the last reference to the engine.
        const std::shared_ptr<Engine> alive = engine->shared_from_this();
        while (job) {
            const Napi::HandleScope scope{env};
            job->settle(env);
            if (--engine->expected_ == 0) napi_unref_threadsafe_function(env, engine->wake_);
            job = std::move(job->next);
        }
    }

    static void on_exit(void* context) {
        auto* engine = static_cast<Engine*>(context);
        engine->close();
        engine->exited_ = true;
    }

    napi_env env_;
    napi_threadsafe_function wake_ = nullptr;
    std::mutex mutex_;
    std::unique_ptr<Job> completed_;
    std::size_t expected_ = 0;
    bool exited_ = false;
};

using EngineHandle = std::shared_ptr<Engine>;

// What tells a handle of ours from any other external value.
constexpr napi_type_tag cache_tag{0x6f63746f70757331, 0x6c69676874636163};
constexpr napi_type_tag engine_tag{0x6f63746f70757331, 0x656e67696e650000};

class BatchJob final : public Job, public octopus::Batch {
public:
    void ended() noexcept override { engine->completed(this); }
    void settle(Napi::Env env) override {
        deferred->Resolve(bytes_of(env, results.data(), results.size() * sizeof(octopus::Result)));
    }
};

class SearchJob final : public Job, public octopus::Search {
public:
    void ended() noexcept override { engine->completed(this); }
    void settle(Napi::Env env) override {
        if (found == not_found) {
            deferred->Resolve(stopped ? env.Null() : env.Undefined());
            return;
        }
        auto hit = Napi::Object::New(env);
        hit["index"] = static_cast<double>(found);
        hit["hash"] = bytes_of(env, hash, hash_bytes);
        deferred->Resolve(hit);
    }
};

class BuildJob final : public Job, public octopus::Build {
public:
    using Build::Build;
    void ended() noexcept override { engine->completed(this); }
    void settle(Napi::Env env) override {
        if (!cache) {
            const std::string text = "no light cache of stage " + std::to_string(stage) + ": out of memory, or closed";
            deferred->Reject(Napi::Error::New(env, text).Value());
            return;
        }
        deferred->Resolve(new_handle(env, std::move(cache), cache_tag));
    }
};

EngineHandle engine_of(const Napi::Value& value) {
    const auto* handle = handle_of<EngineHandle>(value, engine_tag, "an engine");
    return handle ? *handle : nullptr;
}

CachePointer cache_of(const Napi::Value& value) {
    const auto* handle = handle_of<CachePointer>(value, cache_tag, "a light cache");
    if (handle && !*handle) fail(value.Env(), "the light cache was released");
    return handle ? *handle : nullptr;
}

Napi::Value keccak256(const Napi::CallbackInfo& info) {
    const std::uint8_t* message = nullptr;
    std::size_t length = 0;
    if (!read_bytes(info[0], message, length)) return {};
    if (length >= octopus::keccak256_rate) {
        fail(info.Env(), "expected a message of one block");
        return {};
    }
    Hash digest;
    octopus::keccak256(message, length, digest);
    return bytes_of(info.Env(), digest, sizeof digest);
}

Napi::Value sizes(const Napi::CallbackInfo& info) {
    std::uint64_t stage = 0;
    if (!read_integer(info[0], 0, octopus::max_stage, stage)) return {};
    auto sizes = Napi::Object::New(info.Env());
    sizes["cacheBytes"] = static_cast<double>(octopus::cache_bytes(static_cast<std::uint32_t>(stage)));
    sizes["dataBytes"] = static_cast<double>(octopus::data_bytes(static_cast<std::uint32_t>(stage)));
    return sizes;
}

/// The names of the kernels that this processor can run, the best first.
Napi::Value isas(const Napi::CallbackInfo& info) {
    auto names = Napi::Array::New(info.Env());
    std::uint32_t count = 0;
    for (const octopus::Kernel* kernel : octopus::usable_kernels()) names[count++] = kernel->name;
    return names;
}

// open(isa, threads, capacity, pinned, folder): isa is a name or '' for the best, folder '' for none.
Napi::Value open(const Napi::CallbackInfo& info) {
    const Napi::Env env = info.Env();
    std::uint64_t threads = 0, capacity = 0;
    if (!info[0].IsString() || !info[3].IsBoolean() || !info[4].IsString()) {
        fail(env, "expected a name, two numbers, a boolean and a folder");
        return {};
    }
    if (!read_integer(info[1], 1, most_threads, threads)) return {};
    if (!read_integer(info[2], 1, most_waiting, capacity)) return {};
    const octopus::KernelChoice choice = octopus::choose_kernel(info[0].As<Napi::String>().Utf8Value());
    if (!choice.kernel) {
        Napi::Error::New(env, choice.problem).ThrowAsJavaScriptException();
        return {};
    }
    octopus::PoolOptions options;
    options.threads = static_cast<std::uint32_t>(threads);
    options.capacity = static_cast<std::uint32_t>(capacity);
    options.pinned = info[3].As<Napi::Boolean>().Value();
    auto engine = std::make_shared<Engine>(env, *choice.kernel, options, info[4].As<Napi::String>().Utf8Value());
    auto opened = Napi::Object::New(env);
    opened["engine"] = new_handle(env, std::move(engine), engine_tag);
    opened["isa"] = choice.kernel->name;
    opened["problem"] = choice.problem;
    return opened;
}

// verify(engine, cache, items, caller): items one after another as octopus::Item, 104 bytes each; resolves to as many
// octopus::Result, 33 bytes each.
Napi::Value verify(const Napi::CallbackInfo& info) {
    const std::uint8_t* bytes = nullptr;
    std::size_t count = 0;
    std::uint64_t caller = 0;
    const EngineHandle engine = engine_of(info[0]);
    if (!engine) return {};
    CachePointer cache = cache_of(info[1]);
    if (!cache || !read_bytes(info[2], bytes, count) || !read_integer(info[3], 0, most_nonces, caller)) return {};
    if (count % sizeof(octopus::Item) != 0 || count > most_items * sizeof(octopus::Item)) {
        fail(info.Env(), "expected up to 16384 items of 104 bytes");
        return {};
    }
    auto job = std::make_unique<BatchJob>();
    job->cache = std::move(cache);
    job->caller = caller;
    job->items.resize(count / sizeof(octopus::Item));
    job->results.resize(job->items.size());
    if (count != 0) std::memcpy(job->items.data(), bytes, count);
    const Napi::Promise promise = engine->expect(*job);
    engine->pool.submit(*job.release());
    return promise;
}

// search(engine, cache, headerHash, start, count, limit): resolves to {index, hash}, undefined when there is none, or
// null when the engine was closed before all were tried.
Napi::Value search(const Napi::CallbackInfo& info) {
    const EngineHandle engine = engine_of(info[0]);
    if (!engine) return {};
    auto job = std::make_unique<SearchJob>();
    job->cache = cache_of(info[1]);
    if (!job->cache || !read_hash(info[2], job->header_hash) || !read_u64(info[3], job->start) ||
        !read_integer(info[4], 0, most_nonces, job->count) || !read_hash(info[5], job->limit))
        return {};
    const Napi::Promise promise = engine->expect(*job);
    engine->pool.submit(*job.release());
    return promise;
}

// build(engine, stages, ahead): an array of as many promises of a handle, for up to 64 stages.
Napi::Value build(const Napi::CallbackInfo& info) {
    const Napi::Env env = info.Env();
    const EngineHandle engine = engine_of(info[0]);
    if (!engine) return {};
    // Read once: the getter of an element may make the array longer.
    const std::uint32_t count = info[1].IsArray() ? info[1].As<Napi::Array>().Length() : most_builds + 1;
    if (count > most_builds || !info[2].IsBoolean()) {
        fail(env, "expected an array of stages and a boolean");
        return {};
    }
    const auto stages = info[1].As<Napi::Array>();
    const bool ahead = info[2].As<Napi::Boolean>().Value();
    std::vector<std::unique_ptr<BuildJob>> jobs;
    for (std::uint32_t i = 0; i < count; ++i) {
        std::uint64_t stage = 0;
        const Napi::Value given = stages.Get(i);
        // A getter may throw.
        if (given.IsEmpty() || !read_integer(given, 0, octopus::max_stage, stage)) return {};
        jobs.push_back(std::make_unique<BuildJob>(static_cast<std::uint32_t>(stage), ahead));
    }
    auto promises = Napi::Array::New(env, jobs.size());
    std::vector<octopus::Build*> builds;
    for (std::unique_ptr<BuildJob>& job : jobs) {
        promises[static_cast<std::uint32_t>(builds.size())] = engine->expect(*job);
        builds.push_back(job.release());
    }
    engine->builder.submit(builds.data(), builds.size());
    return promises;
}

Napi::Value stats(const Napi::CallbackInfo& info) {
    const EngineHandle engine = engine_of(info[0]);
    if (!engine) return {};
    const octopus::PoolStats pool = engine->pool.stats();
    auto hashes = Napi::Array::New(info.Env());
    std::uint32_t thread = 0;
    for (const std::uint64_t count : pool.hashes) hashes[thread++] = static_cast<double>(count);
    auto stats = Napi::Object::New(info.Env());
    stats["queued"] = static_cast<double>(pool.queued);
    stats["running"] = static_cast<double>(pool.running);
    stats["hashes"] = hashes;
    stats["fileProblem"] = engine->builder.file_problem();
    return stats;
}

// Blocks for the milliseconds that running work takes to end.
Napi::Value close(const Napi::CallbackInfo& info) {
    if (const EngineHandle engine = engine_of(info[0])) engine->close();
    return info.Env().Undefined();
}

// A running hash keeps its own share of the cache, so the memory goes when the last one has ended.
Napi::Value release(const Napi::CallbackInfo& info) {
    if (auto* handle = handle_of<CachePointer>(info[0], cache_tag, "a light cache")) handle->reset();
    return info.Env().Undefined();
}

// A copy of the nodes' words, little-endian: what the reference is tested against.
Napi::Value cache_words(const Napi::CallbackInfo& info) {
    const CachePointer cache = cache_of(info[0]);
    if (!cache) return {};
    auto words = Napi::Uint32Array::New(info.Env(), cache->bytes() / sizeof(std::uint32_t));
    if (info.Env().IsExceptionPending()) return {};
    std::memcpy(words.Data(), cache->view().nodes, cache->bytes());
    return words;
}

Napi::Object initialise(Napi::Env env, Napi::Object exports) {
    octopus::add<keccak256>(exports, "keccak256");
    octopus::add<sizes>(exports, "sizes");
    octopus::add<isas>(exports, "isas");
    octopus::add<open>(exports, "open");
    octopus::add<verify>(exports, "verify");
    octopus::add<search>(exports, "search");
    octopus::add<build>(exports, "build");
    octopus::add<stats>(exports, "stats");
    octopus::add<close>(exports, "close");
    octopus::add<release>(exports, "release");
    octopus::add<cache_words>(exports, "cacheWords");
    export_full(env, exports);
    return exports;
}

}  // namespace

NODE_API_MODULE(octopus, initialise)
