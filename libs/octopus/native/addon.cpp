// The N-API face of the light algorithm. Work runs on libuv's threads; nothing here knows of heights, reuse of
// caches or engines: src/native.ts does. Arguments are checked all the same, a wrong one throws TypeError or RangeError.
#include <napi.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

#include "octopus.hpp"

namespace {

using CacheHandle = std::shared_ptr<const octopus::LightCache>;

Napi::Uint8Array bytes_of(Napi::Env env, const octopus::Hash256& hash) noexcept {
    auto bytes = Napi::Uint8Array::New(env, hash.size());
    std::copy(hash.begin(), hash.end(), bytes.Data());
    return bytes;
}

// Readers of arguments: false means that a JavaScript exception is pending.

bool fail(Napi::Env env, const char* message) noexcept {
    Napi::TypeError::New(env, message).ThrowAsJavaScriptException();
    return false;
}

bool read_bytes(const Napi::Value& value, std::span<const std::uint8_t>& bytes) noexcept {
    if (!value.IsTypedArray() || value.As<Napi::TypedArray>().TypedArrayType() != napi_uint8_array)
        return fail(value.Env(), "expected a Uint8Array");
    const auto array = value.As<Napi::Uint8Array>();
    bytes = {array.Data(), array.ByteLength()};
    return true;
}

bool read_hash(const Napi::Value& value, octopus::Hash256& hash) noexcept {
    std::span<const std::uint8_t> bytes;
    if (!read_bytes(value, bytes)) return false;
    if (bytes.size() != hash.size()) return fail(value.Env(), "expected 32 bytes");
    std::copy(bytes.begin(), bytes.end(), hash.begin());
    return true;
}

bool read_u64(const Napi::Value& value, std::uint64_t& number) noexcept {
    if (!value.IsBigInt()) return fail(value.Env(), "expected a bigint");
    bool lossless = false;
    number = value.As<Napi::BigInt>().Uint64Value(&lossless);
    return lossless || fail(value.Env(), "expected an unsigned 64-bit bigint");
}

bool read_u32(const Napi::Value& value, std::uint32_t max, std::uint32_t& number) noexcept {
    if (!value.IsNumber()) return fail(value.Env(), "expected a number");
    const double given = value.As<Napi::Number>().DoubleValue();
    if (!(given >= 0 && given <= max)) {
        Napi::RangeError::New(value.Env(), "number out of range").ThrowAsJavaScriptException();
        return false;
    }
    number = static_cast<std::uint32_t>(given);
    return number == given || fail(value.Env(), "expected an integer");
}

CacheHandle* handle_of(const Napi::Value& value) noexcept {
    if (value.IsExternal()) return value.As<Napi::External<CacheHandle>>().Data();
    fail(value.Env(), "expected a light cache");
    return nullptr;
}

bool read_cache(const Napi::Value& value, CacheHandle& cache) noexcept {
    const CacheHandle* handle = handle_of(value);
    if (handle == nullptr) return false;
    cache = *handle;
    return cache != nullptr || fail(value.Env(), "the light cache was released");
}

// One asynchronous call: Execute on a libuv thread, then result() resolves the promise. Deletes itself.
class PromiseWorker : public Napi::AsyncWorker {
public:
    Napi::Promise start() {
        const auto promise = deferred_.Promise();
        Queue();
        return promise;
    }

protected:
    explicit PromiseWorker(Napi::Env env) : AsyncWorker(env), deferred_(env) {}
    virtual Napi::Value result(Napi::Env env) = 0;

private:
    void OnOK() final { deferred_.Resolve(result(Env())); }
    void OnError(const Napi::Error& error) final { deferred_.Reject(error.Value()); }

    Napi::Promise::Deferred deferred_;
};

class BuildWorker final : public PromiseWorker {
public:
    BuildWorker(Napi::Env env, std::uint32_t stage) : PromiseWorker(env), stage_(stage) {}

private:
    void Execute() override {
        cache_ = octopus::build_light_cache(stage_);
        if (!cache_) SetError("out of memory: the light cache of stage " + std::to_string(stage_));
    }
    Napi::Value result(Napi::Env env) override {
        return Napi::External<CacheHandle>::New(env, new CacheHandle(std::move(cache_)),
                                                [](Napi::BasicEnv, CacheHandle* handle) { delete handle; });
    }

    std::uint32_t stage_;
    CacheHandle cache_;
};

struct HashRequest {
    CacheHandle cache;
    octopus::Hash256 header_hash{};
    std::uint64_t nonce = 0;

    bool read(const Napi::CallbackInfo& info) {
        return read_cache(info[0], cache) && read_hash(info[1], header_hash) && read_u64(info[2], nonce);
    }
};

class HashWorker final : public PromiseWorker {
public:
    HashWorker(Napi::Env env, HashRequest request) : PromiseWorker(env), request_(std::move(request)) {}

private:
    void Execute() override {
        hash_ = octopus::hash(*request_.cache, octopus::read_header(request_.header_hash), request_.nonce);
    }
    Napi::Value result(Napi::Env env) override { return bytes_of(env, hash_); }

    HashRequest request_;
    octopus::Hash256 hash_{};
};

class SearchWorker final : public PromiseWorker {
public:
    SearchWorker(Napi::Env env, HashRequest request, std::uint32_t count, const octopus::Hash256& limit)
        : PromiseWorker(env), request_(std::move(request)), count_(count), limit_(limit) {}

private:
    void Execute() override {
        found_ = octopus::search(*request_.cache, octopus::read_header(request_.header_hash), request_.nonce, count_,
                                 limit_);
    }
    Napi::Value result(Napi::Env env) override {
        if (!found_) return env.Undefined();
        auto found = Napi::Object::New(env);
        found["index"] = found_->index;
        found["hash"] = bytes_of(env, found_->hash);
        return found;
    }

    HashRequest request_;
    std::uint32_t count_;
    octopus::Hash256 limit_;
    std::optional<octopus::Found> found_;
};

Napi::Value keccak256(const Napi::CallbackInfo& info) noexcept {
    std::span<const std::uint8_t> message;
    if (!read_bytes(info[0], message)) return {};
    if (message.size() >= octopus::keccak256_rate) {
        fail(info.Env(), "expected a message of one block");
        return {};
    }
    return bytes_of(info.Env(), octopus::keccak256(message));
}

Napi::Value sizes(const Napi::CallbackInfo& info) noexcept {
    std::uint32_t stage = 0;
    if (!read_u32(info[0], octopus::max_stage, stage)) return {};
    auto sizes = Napi::Object::New(info.Env());
    sizes["cacheBytes"] = static_cast<double>(octopus::cache_bytes(stage));
    sizes["dataBytes"] = static_cast<double>(octopus::data_bytes(stage));
    return sizes;
}

Napi::Value build(const Napi::CallbackInfo& info) noexcept {
    std::uint32_t stage = 0;
    if (!read_u32(info[0], octopus::max_stage, stage)) return {};
    return (new BuildWorker(info.Env(), stage))->start();
}

Napi::Value hash(const Napi::CallbackInfo& info) noexcept {
    HashRequest request;
    if (!request.read(info)) return {};
    return (new HashWorker(info.Env(), std::move(request)))->start();
}

Napi::Value search(const Napi::CallbackInfo& info) noexcept {
    HashRequest request;
    std::uint32_t count = 0;
    octopus::Hash256 limit;
    if (!request.read(info) || !read_u32(info[3], UINT32_MAX, count) || !read_hash(info[4], limit)) return {};
    return (new SearchWorker(info.Env(), std::move(request), count, limit))->start();
}

// A running hash keeps its own share of the cache, so the memory goes when the last one has ended.
Napi::Value release(const Napi::CallbackInfo& info) noexcept {
    if (CacheHandle* handle = handle_of(info[0])) handle->reset();
    return info.Env().Undefined();
}

// A copy of the nodes' words, little-endian: what the reference is tested against.
Napi::Value cache_words(const Napi::CallbackInfo& info) noexcept {
    CacheHandle cache;
    if (!read_cache(info[0], cache)) return {};
    const std::size_t count = std::size_t{cache->node_count} * octopus::node_words;
    auto words = Napi::Uint32Array::New(info.Env(), count);
    if (info.Env().IsExceptionPending()) return {};
    std::memcpy(words.Data(), cache->nodes.get(), count * sizeof(std::uint32_t));
    return words;
}

Napi::Object initialise(Napi::Env env, Napi::Object exports) noexcept {
    exports["keccak256"] = Napi::Function::New(env, keccak256, "keccak256");
    exports["sizes"] = Napi::Function::New(env, sizes, "sizes");
    exports["build"] = Napi::Function::New(env, build, "build");
    exports["hash"] = Napi::Function::New(env, hash, "hash");
    exports["search"] = Napi::Function::New(env, search, "search");
    exports["release"] = Napi::Function::New(env, release, "release");
    exports["cacheWords"] = Napi::Function::New(env, cache_words, "cacheWords");
    return exports;
}

}  // namespace

NODE_API_MODULE(octopus, initialise)
