// The N-API face of mining with the data set in memory: src/full-miner.ts says what for. Nothing waits here but close,
// for milliseconds; building and hits are asked for. Arguments are checked as in addon.cpp.
#include "addon-full.hpp"

#include <memory>
#include <string>
#include <utility>

#include "full-engine.hpp"
#include "header.hpp"
#include "kernels.hpp"
#include "napi-values.hpp"
#include "stage.hpp"

namespace {

using octopus::bytes_of;
using octopus::fail;
using octopus::FullEngine;
using octopus::handle_of;
using octopus::hash_bytes;
using octopus::read_hash;
using octopus::read_integer;
using octopus::read_u64;

constexpr std::uint32_t most_threads = 256;
constexpr napi_type_tag full_tag{0x6f63746f70757331, 0x66756c6c00000000};
constexpr const char* state_names[] = {"none", "building", "ready", "failed"};
constexpr const char* result_names[] = {"built", "memory", "threads", "cancelled", "wrong"};
static_assert(std::size(state_names) == static_cast<std::size_t>(octopus::DataSetState::failed) + 1);
static_assert(std::size(result_names) == static_cast<std::size_t>(octopus::BuildResult::wrong) + 1);

FullEngine* engine_of(const Napi::Value& value) { return handle_of<FullEngine>(value, full_tag, "a full miner"); }

bool read_u32(const Napi::Value& value, std::uint32_t min, std::uint32_t max, std::uint32_t& number) {
    std::uint64_t read = 0;
    if (!read_integer(value, min, max, read)) return false;
    number = static_cast<std::uint32_t>(read);
    return true;
}

std::uint32_t pages_of(std::uint32_t stage) {
    return static_cast<std::uint32_t>(octopus::data_bytes(stage) / octopus::page_bytes);
}

void add_memory(Napi::Object object, const octopus::MemoryNeed& memory) {
    object["neededBytes"] = static_cast<double>(memory.needed);
    if (memory.available) object["availableBytes"] = static_cast<double>(*memory.available);
}

// A worker that is terminated runs no finalizer: gigabytes would stay.
void on_exit(void* engine) { static_cast<FullEngine*>(engine)->close(); }

// fullOpen(isa, threads, pinned): isa is a name or '' for the best.
Napi::Value full_open(const Napi::CallbackInfo& info) {
    const Napi::Env env = info.Env();
    std::uint32_t threads = 0;
    if (!info[0].IsString() || !info[2].IsBoolean()) {
        fail(env, "expected a name, a number and a boolean");
        return {};
    }
    if (!read_u32(info[1], 1, most_threads, threads)) return {};
    const octopus::KernelChoice choice = octopus::choose_kernel(info[0].As<Napi::String>().Utf8Value());
    const octopus::FullKernel* full = choice.kernel ? octopus::full_kernel(choice.kernel->name) : nullptr;
    if (full == nullptr) {
        Napi::Error::New(env, choice.problem).ThrowAsJavaScriptException();
        return {};
    }
    auto engine = std::make_unique<FullEngine>(*choice.kernel, *full, threads, info[2].As<Napi::Boolean>().Value());
    const auto handle = Napi::External<FullEngine>::New(env, engine.get(), [](Napi::BasicEnv held_by, FullEngine* held) {
        napi_remove_env_cleanup_hook(held_by, on_exit, held);
        delete held;
    });
    napi_add_env_cleanup_hook(env, on_exit, engine.release());
    napi_type_tag_object(env, handle, &full_tag);
    auto opened = Napi::Object::New(env);
    opened["miner"] = handle;
    opened["isa"] = choice.kernel->name;
    opened["problem"] = choice.problem;
    return opened;
}

// fullMemory(stage): {neededBytes, availableBytes?}, before a build.
Napi::Value full_memory(const Napi::CallbackInfo& info) {
    std::uint32_t stage = 0;
    if (!read_u32(info[0], 0, octopus::max_stage, stage)) return {};
    auto memory = Napi::Object::New(info.Env());
    add_memory(memory, octopus::memory_for_pages(pages_of(stage)));
    return memory;
}

// fullBuild(miner, stage, pages): false while another is being built. pages is 0 for all; tests give less.
Napi::Value full_build(const Napi::CallbackInfo& info) {
    std::uint32_t stage = 0, pages = 0;
    FullEngine* const engine = engine_of(info[0]);
    if (!engine || !read_u32(info[1], 0, octopus::max_stage, stage)) return {};
    if (!read_u32(info[2], 0, pages_of(stage), pages)) return {};
    return Napi::Boolean::New(info.Env(), engine->build(stage, pages == 0 ? pages_of(stage) : pages));
}

Napi::Value full_status(const Napi::CallbackInfo& info) {
    FullEngine* const engine = engine_of(info[0]);
    if (!engine) return {};
    const octopus::FullStatus status = engine->status();
    auto object = Napi::Object::New(info.Env());
    object["state"] = state_names[static_cast<std::size_t>(status.state)];
    object["stage"] = status.stage;
    object["pages"] = status.pages;
    object["builtPages"] = static_cast<double>(status.built_pages);
    object["result"] = result_names[static_cast<std::size_t>(status.result)];
    add_memory(object, status.memory);
    auto hashes = Napi::Array::New(info.Env());
    for (std::uint32_t i = 0; i < engine->threads(); ++i) hashes[i] = static_cast<double>(engine->hashes(i));
    object["hashes"] = hashes;
    return object;
}

// fullWork(miner, id, headerHash, limit, start): false unless a data set is ready.
Napi::Value full_work(const Napi::CallbackInfo& info) {
    FullEngine* const engine = engine_of(info[0]);
    if (!engine) return {};
    octopus::MinerWork work{};
    std::uint32_t id = 0;
    std::uint8_t header_hash[hash_bytes];
    if (!read_u32(info[1], 0, UINT32_MAX, id) || !read_hash(info[2], header_hash) ||
        !read_hash(info[3], work.limit) || !read_u64(info[4], work.start))
        return {};
    work.id = id;
    work.header = octopus::read_header(header_hash);
    return Napi::Boolean::New(info.Env(), engine->set_work(work));
}

// Returns when all threads rest: at most a millisecond or two.
Napi::Value full_pause(const Napi::CallbackInfo& info) {
    if (FullEngine* const engine = engine_of(info[0])) engine->pause();
    return info.Env().Undefined();
}

// fullTake(miner): [{id, nonce, hash}], what was found since the last call.
Napi::Value full_take(const Napi::CallbackInfo& info) {
    const Napi::Env env = info.Env();
    FullEngine* const engine = engine_of(info[0]);
    if (!engine) return {};
    auto hits = Napi::Array::New(env);
    std::uint32_t count = 0;
    for (const octopus::MinerHit& hit : engine->take_hits()) {
        auto object = Napi::Object::New(env);
        object["id"] = static_cast<double>(hit.work_id);
        object["nonce"] = Napi::BigInt::New(env, hit.found.nonce);
        object["hash"] = bytes_of(env, hit.found.hash, hash_bytes);
        hits[count++] = object;
    }
    return hits;
}

Napi::Value full_close(const Napi::CallbackInfo& info) {
    if (FullEngine* const engine = engine_of(info[0])) engine->close();
    return info.Env().Undefined();
}

}  // namespace

void export_full(Napi::Env, Napi::Object exports) {
    octopus::add<full_open>(exports, "fullOpen");
    octopus::add<full_memory>(exports, "fullMemory");
    octopus::add<full_build>(exports, "fullBuild");
    octopus::add<full_status>(exports, "fullStatus");
    octopus::add<full_work>(exports, "fullWork");
    octopus::add<full_pause>(exports, "fullPause");
    octopus::add<full_take>(exports, "fullTake");
    octopus::add<full_close>(exports, "fullClose");
}
