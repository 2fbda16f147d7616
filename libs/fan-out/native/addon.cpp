// The N-API face: the objects of its class `Sender` are the FanOut of ../src/fan-out.ts. Arguments are checked: a wrong
// one throws TypeError or RangeError. Helper threads end with their object, which does not outlive its environment.
#include <napi.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>

#include "sender.hpp"

namespace {

constexpr double most_threads = 64;
/// What a socket took is told in 32 bits, with the sign for errors.
constexpr std::size_t most_bytes = std::numeric_limits<std::int32_t>::max();
/// Far above what a process may have open.
constexpr std::size_t most_sockets = 1 << 24;

// Readers of arguments: false means that an exception is pending.

bool fail(const Napi::Error& error) {
    error.ThrowAsJavaScriptException();
    return false;
}

bool is_array(const Napi::Value& value, napi_typedarray_type type) {
    if (value.IsTypedArray() && value.As<Napi::TypedArray>().TypedArrayType() == type) return true;
    const char* text = type == napi_int32_array ? "expected an Int32Array" : "expected a Uint8Array";
    return fail(Napi::TypeError::New(value.Env(), text));
}

bool read_integer(const Napi::Value& value, double min, double max, std::uint32_t& number) {
    if (!value.IsNumber()) return fail(Napi::TypeError::New(value.Env(), "expected a number"));
    const double given = value.As<Napi::Number>().DoubleValue();
    if (!(given >= min && given <= max)) return fail(Napi::RangeError::New(value.Env(), "number out of range"));
    number = static_cast<std::uint32_t>(given);
    return number == given || fail(Napi::TypeError::New(value.Env(), "expected an integer"));
}

class SenderObject : public Napi::ObjectWrap<SenderObject> {
public:
    static Napi::Function define(Napi::Env env) {
        return DefineClass(env, "Sender", {InstanceMethod<&SenderObject::send>("send")});
    }

    /// new Sender(threads), the caller's among them.
    explicit SenderObject(const Napi::CallbackInfo& info) : Napi::ObjectWrap<SenderObject>{info} {
        std::uint32_t threads = 0;
        if (read_integer(info[0], 1, most_threads, threads)) sender_.emplace(threads);
    }

private:
    // send(sockets, count, bytes, sent)
    void send(const Napi::CallbackInfo& info) {
        if (!is_array(info[0], napi_int32_array) || !is_array(info[2], napi_uint8_array) ||
            !is_array(info[3], napi_int32_array))
            return;
        const auto sockets = info[0].As<Napi::Int32Array>();
        const auto bytes = info[2].As<Napi::Uint8Array>();
        auto sent = info[3].As<Napi::Int32Array>();
        const std::size_t most = std::min({sockets.ElementLength(), sent.ElementLength(), most_sockets});
        std::uint32_t count = 0;
        if (!read_integer(info[1], 0, static_cast<double>(most), count)) return;
        if (bytes.ByteLength() > most_bytes) {
            fail(Napi::RangeError::New(info.Env(), "too many bytes"));
            return;
        }
        sender_->send({sockets.Data(), count, bytes.Data(), bytes.ByteLength(), sent.Data()});
    }

    // Empty only while the constructor throws.
    std::optional<fan_out::Sender> sender_;
};

// acknowledge(socket): 0, or the negative errno.
Napi::Value acknowledge(const Napi::CallbackInfo& info) {
    std::uint32_t socket = 0;
    if (!read_integer(info[0], 0, std::numeric_limits<std::int32_t>::max(), socket)) return info.Env().Undefined();
    return Napi::Number::New(info.Env(), fan_out::acknowledge(static_cast<int>(socket)));
}

Napi::Object initialise(Napi::Env env, Napi::Object exports) {
    exports["acknowledge"] = Napi::Function::New<acknowledge>(env);
    exports["Sender"] = SenderObject::define(env);
    return exports;
}

}  // namespace

NODE_API_MODULE(fan_out, initialise)
