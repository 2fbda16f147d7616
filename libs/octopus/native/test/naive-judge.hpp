// The rule of Conflux on 256 single bits.
#pragma once

#include <array>

#include "pool.hpp"

namespace naive {

/// Bit 0 is the lowest.
using Number = std::array<bool, 256>;

inline Number read(const std::uint8_t* big_endian) {
    Number number;
    for (std::size_t bit = 0; bit < 256; ++bit) number[bit] = big_endian[31 - bit / 8] >> bit % 8 & 1;
    return number;
}

inline void write(const Number& number, std::uint8_t* big_endian) {
    for (std::size_t byte = 0; byte < 32; ++byte) {
        int value = 0;
        for (std::size_t bit = 0; bit < 8; ++bit) value |= number[8 * (31 - byte) + bit] << bit;
        big_endian[byte] = static_cast<std::uint8_t>(value);
    }
}

inline Number add(Number number, std::uint64_t times) {
    for (; times != 0; --times)
        for (bool& bit : number)
            if ((bit = !bit)) break;
    return number;
}

/// (hash - (nonce and (2^255 - 2^128))) mod 2^256.
inline Number distance(const std::uint8_t* nonce, const std::uint8_t* hash) {
    const Number n = read(nonce), h = read(hash);
    Number result;
    int borrow = 0;
    for (std::size_t bit = 0; bit < 256; ++bit) {
        const int lower = bit >= 128 && bit < 255 ? n[bit] : 0;
        const int difference = h[bit] - lower - borrow;
        result[bit] = difference & 1;
        borrow = difference < 0;
    }
    return result;
}

inline octopus::Verdict judge(const octopus::Item& item, const std::uint8_t* hash) {
    const Number boundary = read(item.boundary), away = distance(item.nonce, hash);
    bool is_max = true;
    for (const bool bit : boundary) is_max = is_max && bit;
    if (is_max) return octopus::Verdict::below;
    for (std::size_t bit = 256; bit-- > 0;)
        if (away[bit] != boundary[bit]) return boundary[bit] ? octopus::Verdict::below : octopus::Verdict::above;
    return octopus::Verdict::above;
}

}  // namespace naive
