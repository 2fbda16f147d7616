#include "header.hpp"

#include <cstring>
#include <numeric>

#include "field.hpp"

namespace octopus {

namespace {

// A generator of the field: the generator raised to an exponent made coprime to P - 1.
std::uint32_t remap(std::uint64_t h) noexcept {
    auto exponent = static_cast<std::uint32_t>(h % (field_prime - 2)) + 1;
    for (std::uint32_t g; (g = std::gcd(exponent, field_prime - 1)) != 1;) exponent /= g;
    return power(field_generator, exponent);
}

}  // namespace

Header read_header(const std::uint8_t (&header_hash)[hash_bytes]) noexcept {
    Header header;
    std::memcpy(header.words, header_hash, sizeof header.words);
    header.a = remap(header.words[0]);
    header.b = remap(header.words[1]);
    header.w = remap(header.words[3]);
    // A vanishing discriminant would make the curve a square, so c moves on until it does not vanish.
    std::uint64_t h = header.words[2];
    do {
        header.c = remap(h++);
    } while (multiply(header.b, header.b) == multiply(4, multiply(header.a, header.c)));
    return header;
}

}  // namespace octopus
