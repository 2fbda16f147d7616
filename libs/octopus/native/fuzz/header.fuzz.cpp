// read_header() on any bytes: ends, and gives what the specification says.
#include "header.hpp"
#include "test/check.hpp"
#include "test/reference.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::uint8_t hash[octopus::hash_bytes] = {};
    std::memcpy(hash, data, size < sizeof hash ? size : sizeof hash);
    const octopus::Header header = octopus::read_header(hash);
    const reference::Curve curve = reference::curve_of(hash);
    CHECK(header.a == curve.a && header.b == curve.b && header.c == curve.c && header.w == curve.w);
    return 0;
}
