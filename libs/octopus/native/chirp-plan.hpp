// The constants of chirp.hpp: roots of unity once, and what a header's curve gives. Included by kernel-*.cpp only.
#pragma once

#include "residue.hpp"

namespace octopus {
namespace {

/// Every convolution has 1024 inputs, 1024 wanted outputs and 2048 points.
constexpr std::uint32_t points = coefficients;
constexpr std::uint32_t transform = 2 * points;
/// A transform is two halves of 1024, each four blocks of 16 x 16 vectors, which fit the L1 cache even in pairs.
constexpr std::uint32_t radix = 16;
constexpr std::uint32_t block = radix * radix;
constexpr std::uint32_t half_blocks = points / block;
constexpr std::uint32_t blocks = 2 * half_blocks;
constexpr std::uint32_t radix_roots = radix - 1;
static_assert(half_blocks == 4);

/// A kernel's transform divided by nothing, in the order in which transforms leave their results.
struct Spectrum {
    Factor at[transform];
};

/// Factors of the last level of an inverse transform, which joins its halves: output j + 256m is
/// near[m] · first half + far[m] · second half.
struct Join {
    struct {
        Factor near[half_blocks];
        Factor far[half_blocks];
    } at[block];
};

enum Kernels : std::uint32_t { shift_curve, shift_even, shift_odd, chirp_even, chirp_odd, kernel_count };

struct ChirpPlan {
    /// Forward, by level: each node of the tree has one root, those of a radix-16 step in the order of a heap.
    Factor split_quarter[2][3];
    Factor split_block[blocks][radix_roots];
    Factor split_word[transform / radix][radix_roots];
    /// Inverse: roots by position.
    Factor join_word[radix_roots];
    Factor join_block[radix][radix_roots];
    Factor join_quarter[block][3];

    Factor first[points];
    Join to_powers;
    Join to_even;
    Join to_odd;
    Join to_values;
    Spectrum kernels[kernel_count];

    std::uint32_t root_powers[transform];
    std::uint32_t factorials[transform];
    std::uint32_t inverse_factorials[transform];
};

constexpr std::uint32_t primitive_root = power(field_generator, (field_prime - 1) / transform);
static_assert(power(primitive_root, transform / 2) == field_prime - 1);
static_assert(transform < field_prime, "factorials have inverses");

OCTOPUS_INLINE std::uint32_t inverse_of(std::uint32_t x) noexcept { return power(x, field_prime - 2); }

/// Node `index` of a level of the transform's tree stands for polynomials modulo x^length - root^exponent. Its odd child
/// negates what the even child has, and what the node's own parent gave is halved.
OCTOPUS_INLINE std::uint32_t node_exponent(std::uint32_t index) noexcept {
    std::uint32_t exponent = 0;
    for (std::uint32_t turn = transform / 2; index != 0; index >>= 1, turn >>= 1) exponent += (index & 1) * turn;
    return exponent;
}

/// The roots by which a node and its descendants split, `Levels` levels of them.
template <std::uint32_t Count>
void set_split_roots(const ChirpPlan& plan, std::uint32_t node, Factor (&roots)[Count]) noexcept {
    static_assert((Count & (Count + 1)) == 0);
    for (std::uint32_t first = 1; first <= Count; first *= 2)
        for (std::uint32_t i = 0; i < first; ++i)
            roots[first - 1 + i] = factor_of(plan.root_powers[node_exponent(2 * (node * first + i))]);
}

/// The roots of an inverse step of elements `offset`, offset + stride, ...: at each level root^-(j · transform / length).
template <std::uint32_t Count>
void set_join_roots(const ChirpPlan& plan, std::uint32_t stride, std::uint32_t offset, Factor (&roots)[Count]) noexcept {
    for (std::uint32_t first = 1; first <= Count; first *= 2)
        for (std::uint32_t i = 0; i < first; ++i) {
            const std::uint32_t exponent = (offset + i * stride) * (transform / 2 / (first * stride));
            roots[first - 1 + i] = factor_of(plan.root_powers[(transform - exponent) % transform]);
        }
}

/// What no header changes. To be called once for a plan's memory.
void set_roots(ChirpPlan& plan) noexcept {
    plan.root_powers[0] = plan.factorials[0] = 1;
    for (std::uint32_t i = 1; i < transform; ++i) {
        plan.root_powers[i] = multiply(plan.root_powers[i - 1], primitive_root);
        plan.factorials[i] = multiply(plan.factorials[i - 1], i);
    }
    plan.inverse_factorials[transform - 1] = inverse_of(plan.factorials[transform - 1]);
    for (std::uint32_t i = transform - 1; i != 0; --i)
        plan.inverse_factorials[i - 1] = multiply(plan.inverse_factorials[i], i);

    for (std::uint32_t half = 0; half < 2; ++half) set_split_roots(plan, half, plan.split_quarter[half]);
    for (std::uint32_t i = 0; i < blocks; ++i) set_split_roots(plan, i, plan.split_block[i]);
    for (std::uint32_t i = 0; i < transform / radix; ++i) set_split_roots(plan, i, plan.split_word[i]);
    set_join_roots(plan, 1, 0, plan.join_word);
    for (std::uint32_t i = 0; i < radix; ++i) set_join_roots(plan, radix, i, plan.join_block[i]);
    for (std::uint32_t i = 0; i < block; ++i) set_join_roots(plan, block, i, plan.join_quarter[i]);
}

/// A join whose output i is multiplied by scales[i] / 2048.
void set_join(const ChirpPlan& plan, const std::uint32_t (&scales)[points], Join& join) noexcept {
    const std::uint32_t norm = inverse_of(transform);
    for (std::uint32_t i = 0; i < points; ++i) {
        const std::uint32_t near = multiply(scales[i], norm);
        join.at[i % block].near[i / block] = factor_of(near);
        join.at[i % block].far[i / block] = factor_of(multiply(near, plan.root_powers[(transform - i) % transform]));
    }
}

/// base^(n²) and base^(n² + n), n = 0, 1, 2, ...
class SquarePowers {
public:
    explicit SquarePowers(std::uint32_t base) noexcept : base_{base} {}
    std::uint32_t square() const noexcept { return square_; }
    std::uint32_t oblong() const noexcept { return multiply(square_, power_); }
    void next() noexcept {
        // (n + 1)² - n² = n + (n + 1).
        square_ = multiply(square_, power_);
        power_ = multiply(power_, base_);
        square_ = multiply(square_, power_);
    }

private:
    std::uint32_t base_;
    std::uint32_t power_ = 1;
    std::uint32_t square_ = 1;
};

/// The scales of a header; its kernels, as words that are to be transformed. The Taylor shifts' inputs and outputs are
/// in descending order, which makes them plain convolutions.
void set_scales(ChirpPlan& plan, const Header& header, std::uint32_t (&kernels)[kernel_count][transform]) noexcept {
    constexpr std::uint32_t last = points - 1;
    const auto& factorials = plan.factorials;
    const auto& inverse_factorials = plan.inverse_factorials;
    // x = a · s² + lowest, s = W + half_turn.
    const std::uint32_t half_turn = multiply(header.b, inverse_of(multiply(2, header.a)));
    const std::uint32_t dip = multiply(multiply(half_turn, half_turn), header.a);
    const std::uint32_t lowest = (header.c + field_prime - dip) % field_prime;
    std::uint32_t scales[points];
    std::memset(kernels, 0, sizeof kernels);

    std::uint32_t raised = 1;
    for (std::uint32_t i = 0; i < points; ++i) {
        plan.first[i] = factor_of(factorials[last - i]);
        kernels[shift_curve][i] = multiply(raised, inverse_factorials[i]);
        raised = multiply(raised, lowest);
    }
    raised = 1;
    for (std::uint32_t i = 0; i < points; ++i, raised = multiply(raised, header.a))
        scales[last - i] = multiply(raised, multiply(factorials[2 * i], inverse_factorials[i]));
    set_join(plan, scales, plan.to_powers);

    raised = 1;
    for (std::uint32_t i = 0; i < transform; ++i, raised = multiply(raised, half_turn)) {
        const std::uint32_t term = multiply(raised, inverse_factorials[i]);
        if (i % 2 == 0) kernels[shift_even][i / 2] = term;
        // The odd kernel starts at 1. Its last term would shift by 1024, which no output is.
        else if (i / 2 < last) kernels[shift_odd][i / 2 + 1] = term;
    }

    std::uint32_t odd_scales[points];
    SquarePowers falling{inverse_of(header.w)};
    for (std::uint32_t n = 0; n < points; ++n, falling.next()) {
        scales[last - n] = multiply(falling.square(), inverse_factorials[2 * n]);
        odd_scales[last - n] = multiply(falling.oblong(), inverse_factorials[2 * n + 1]);
    }
    set_join(plan, scales, plan.to_even);
    set_join(plan, odd_scales, plan.to_odd);

    SquarePowers rising{header.w};
    for (std::uint32_t t = 0; t < transform - 1; ++t, rising.next()) {
        const std::uint32_t at = (t + transform - last) % transform;
        kernels[chirp_even][at] = rising.square();
        kernels[chirp_odd][at] = rising.oblong();
    }
    falling = SquarePowers{inverse_of(header.w)};
    for (std::uint32_t i = 0; i < points; ++i, falling.next()) scales[i] = falling.square();
    set_join(plan, scales, plan.to_values);
}

}  // namespace
}  // namespace octopus
