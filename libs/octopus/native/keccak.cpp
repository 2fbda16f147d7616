#include "keccak.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

namespace octopus {

namespace {

// Lane (x, y) of the Keccak state has index x + 5y.
using State = std::array<std::uint64_t, 25>;

static_assert(std::endian::native == std::endian::little, "lanes are copied to and from bytes as they are");

constexpr std::array<std::uint64_t, 24> round_constants = {
    0x0000000000000001, 0x0000000000008082, 0x800000000000808a, 0x8000000080008000, 0x000000000000808b,
    0x0000000080000001, 0x8000000080008081, 0x8000000000008009, 0x000000000000008a, 0x0000000000000088,
    0x0000000080008009, 0x000000008000000a, 0x000000008000808b, 0x800000000000008b, 0x8000000000008089,
    0x8000000000008003, 0x8000000000008002, 0x8000000000000080, 0x000000000000800a, 0x800000008000000a,
    0x8000000080008081, 0x8000000000008080, 0x0000000080000001, 0x8000000080008008};

constexpr std::array<int, 25> rotations = {0,  1,  62, 28, 27, 36, 44, 6,  55, 20, 3,  10, 43,
                                           25, 39, 41, 45, 15, 21, 8,  18, 2,  61, 56, 14};

// The pi step moves lane (x, y) to (y, 2x + 3y); this is its inverse, so that a row is gathered lane by lane.
constexpr std::size_t source_x(std::size_t x, std::size_t y) noexcept { return (x + 3 * y) % 5; }

template <std::size_t Y>
[[gnu::always_inline]] inline void fill_row(const State& in, const std::array<std::uint64_t, 5>& parity,
                                            State& out) noexcept {
    const auto lane = [&]<std::size_t X>(std::integral_constant<std::size_t, X>) noexcept {
        constexpr std::size_t index = source_x(X, Y) + 5 * X;
        return std::rotl(in[index] ^ parity[source_x(X, Y)], rotations[index]);
    };
    const std::uint64_t b0 = lane(std::integral_constant<std::size_t, 0>{});
    const std::uint64_t b1 = lane(std::integral_constant<std::size_t, 1>{});
    const std::uint64_t b2 = lane(std::integral_constant<std::size_t, 2>{});
    const std::uint64_t b3 = lane(std::integral_constant<std::size_t, 3>{});
    const std::uint64_t b4 = lane(std::integral_constant<std::size_t, 4>{});
    out[5 * Y + 0] = b0 ^ (~b1 & b2);
    out[5 * Y + 1] = b1 ^ (~b2 & b3);
    out[5 * Y + 2] = b2 ^ (~b3 & b4);
    out[5 * Y + 3] = b3 ^ (~b4 & b0);
    out[5 * Y + 4] = b4 ^ (~b0 & b1);
}

[[gnu::always_inline]] inline void round(const State& in, State& out, std::uint64_t constant) noexcept {
    const std::uint64_t c0 = in[0] ^ in[5] ^ in[10] ^ in[15] ^ in[20];
    const std::uint64_t c1 = in[1] ^ in[6] ^ in[11] ^ in[16] ^ in[21];
    const std::uint64_t c2 = in[2] ^ in[7] ^ in[12] ^ in[17] ^ in[22];
    const std::uint64_t c3 = in[3] ^ in[8] ^ in[13] ^ in[18] ^ in[23];
    const std::uint64_t c4 = in[4] ^ in[9] ^ in[14] ^ in[19] ^ in[24];
    const std::array<std::uint64_t, 5> parity = {c4 ^ std::rotl(c1, 1), c0 ^ std::rotl(c2, 1),
                                                 c1 ^ std::rotl(c3, 1), c2 ^ std::rotl(c4, 1),
                                                 c3 ^ std::rotl(c0, 1)};
    fill_row<0>(in, parity, out);
    fill_row<1>(in, parity, out);
    fill_row<2>(in, parity, out);
    fill_row<3>(in, parity, out);
    fill_row<4>(in, parity, out);
    out[0] ^= constant;
}

// Two rounds per turn: the state goes to a second one and back, so no lane is ever copied.
void permute(State& state) noexcept {
    State a = state;
    State b;
    for (std::size_t i = 0; i < round_constants.size(); i += 2) {
        round(a, b, round_constants[i]);
        round(b, a, round_constants[i + 1]);
    }
    state = a;
}

constexpr std::uint64_t first_pad = 0x01;
constexpr std::uint64_t last_pad = std::uint64_t{0x80} << 56;

}  // namespace

Hash256 keccak256(std::span<const std::uint8_t> message) noexcept {
    std::array<std::uint8_t, keccak256_rate> block{};
    const std::size_t length = std::min(message.size(), keccak256_rate - 1);
    std::copy_n(message.begin(), length, block.begin());
    block[length] ^= 0x01;
    block[keccak256_rate - 1] ^= 0x80;
    State state{};
    std::memcpy(state.data(), block.data(), block.size());
    permute(state);
    Hash256 digest;
    std::memcpy(digest.data(), state.data(), digest.size());
    return digest;
}

template <std::size_t Words>
Lanes512 keccak512(const std::array<std::uint64_t, Words>& message) noexcept {
    static_assert(Words * 8 < keccak512_rate);
    State state{};
    std::copy(message.begin(), message.end(), state.begin());
    state[Words] ^= first_pad;
    state[keccak512_rate / 8 - 1] ^= last_pad;
    permute(state);
    Lanes512 digest;
    std::copy_n(state.begin(), digest.size(), digest.begin());
    return digest;
}

template Lanes512 keccak512(const std::array<std::uint64_t, 4>&) noexcept;
template Lanes512 keccak512(const std::array<std::uint64_t, 5>&) noexcept;
template Lanes512 keccak512(const std::array<std::uint64_t, 8>&) noexcept;

}  // namespace octopus
