// What the parts of the addon's N-API face share: readers of arguments, handles, and the guard around every function.
#pragma once

#include <napi.h>

#include <cstring>
#include <exception>
#include <string>
#include <utility>

#include "octopus.hpp"

namespace octopus {

using Hash = std::uint8_t[hash_bytes];

// Readers of arguments: false, or null, means that a JavaScript exception is pending.

bool fail(Napi::Env env, const char* message);
bool read_bytes(const Napi::Value& value, const std::uint8_t*& bytes, std::size_t& count);
bool read_hash(const Napi::Value& value, Hash& hash);
bool read_u64(const Napi::Value& value, std::uint64_t& number);
bool read_integer(const Napi::Value& value, double min, double max, std::uint64_t& number);

Napi::Uint8Array bytes_of(Napi::Env env, const void* bytes, std::size_t count);

template <typename T>
T* handle_of(const Napi::Value& value, const napi_type_tag& tag, const char* what) {
    bool matches = false;
    if (value.IsExternal() && napi_check_object_type_tag(value.Env(), value, &tag, &matches) == napi_ok && matches)
        return value.As<Napi::External<T>>().Data();
    Napi::TypeError::New(value.Env(), std::string{"expected "} + what).ThrowAsJavaScriptException();
    return nullptr;
}

template <typename T>
Napi::Value new_handle(Napi::Env env, T value, const napi_type_tag& tag) {
    const auto handle = Napi::External<T>::New(env, new T(std::move(value)), [](Napi::BasicEnv, T* held) { delete held; });
    napi_type_tag_object(env, handle, &tag);
    return handle;
}

// No exception crosses N-API: what the standard library throws (no memory, no thread) becomes an Error.
template <Napi::Value (*function)(const Napi::CallbackInfo&)>
Napi::Value guarded(const Napi::CallbackInfo& info) noexcept {
    try {
        return function(info);
    } catch (const std::exception& error) {
        Napi::Error::New(info.Env(), std::string{"the Octopus addon: "} + error.what()).ThrowAsJavaScriptException();
    }
    return {};
}

template <Napi::Value (*function)(const Napi::CallbackInfo&)>
void add(Napi::Object exports, const char* name) {
    exports[name] = Napi::Function::New(exports.Env(), guarded<function>, name);
}

}  // namespace octopus
