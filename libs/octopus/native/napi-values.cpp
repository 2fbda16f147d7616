#include "napi-values.hpp"

namespace octopus {

bool fail(Napi::Env env, const char* message) {
    Napi::TypeError::New(env, message).ThrowAsJavaScriptException();
    return false;
}

bool read_bytes(const Napi::Value& value, const std::uint8_t*& bytes, std::size_t& count) {
    if (!value.IsTypedArray() || value.As<Napi::TypedArray>().TypedArrayType() != napi_uint8_array)
        return fail(value.Env(), "expected a Uint8Array");
    const auto array = value.As<Napi::Uint8Array>();
    bytes = array.Data();
    count = array.ByteLength();
    return true;
}

bool read_hash(const Napi::Value& value, Hash& hash) {
    const std::uint8_t* bytes = nullptr;
    std::size_t count = 0;
    if (!read_bytes(value, bytes, count)) return false;
    if (count != sizeof hash) return fail(value.Env(), "expected 32 bytes");
    std::memcpy(hash, bytes, sizeof hash);
    return true;
}

bool read_u64(const Napi::Value& value, std::uint64_t& number) {
    if (!value.IsBigInt()) return fail(value.Env(), "expected a bigint");
    bool lossless = false;
    number = value.As<Napi::BigInt>().Uint64Value(&lossless);
    return lossless || fail(value.Env(), "expected an unsigned 64-bit bigint");
}

bool read_integer(const Napi::Value& value, double min, double max, std::uint64_t& number) {
    if (!value.IsNumber()) return fail(value.Env(), "expected a number");
    const double given = value.As<Napi::Number>().DoubleValue();
    if (!(given >= min && given <= max)) {
        Napi::RangeError::New(value.Env(), "number out of range").ThrowAsJavaScriptException();
        return false;
    }
    number = static_cast<std::uint64_t>(given);
    return static_cast<double>(number) == given || fail(value.Env(), "expected an integer");
}

Napi::Uint8Array bytes_of(Napi::Env env, const void* bytes, std::size_t count) {
    auto array = Napi::Uint8Array::New(env, count);
    // Empty where the environment is going away.
    if (array.Data() != nullptr) std::memcpy(array.Data(), bytes, count);
    return array;
}

}  // namespace octopus
