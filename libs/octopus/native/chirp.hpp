// The values of whole warps (steps 3 and 4), one warp per 32-bit lane: in O(n log n) instead of Horner's O(n²).
// Included by kernel-*.cpp only.
//
// The points of a warp are x = aW² + bW + c at W = w^i, i = 0..1023. With h = b / 2a, s = W + h and e = c - a·h² this is
// x = a·s² + e, so that the values are those of a polynomial in W:
//   1. Taylor shift by e: f(a·y + e) = sum of q_m · y^m;
//   2. Taylor shift by h of the polynomial q(s²), whose odd terms are 0: even and odd powers of W apart;
//   3. Bluestein's chirp for each, 2n·i = (n + i)² - n² - i² and (2n + 1)·i = [(n + i)² + n + i] - [n² + n] - i²,
//      added before the inverse transform.
// That takes four forward and four inverse transforms of 2048 points, half of whose inputs are 0 or outputs not wanted,
// with kernels and factors that depend on the header only. Levels next to each other are computed in one go, in
// registers; what lies between two transforms is one pass over memory.
#pragma once

#include "chirp-plan.hpp"

namespace octopus {
namespace {

constexpr std::uint32_t warps = words32;
constexpr std::uint32_t chirp_nonces = warps * warp;

struct ChirpBuffers {
    alignas(64) Residue even[transform];
    alignas(64) Residue odd[transform];
};

// What residues can be at most, in units of P, from the inputs of a transform to those of the next: sums are never
// reduced, so this has to stay below residue_limit everywhere. Each level adds a product.
constexpr double level_bound(double operand, int levels) noexcept {
    return levels == 0 ? operand : level_bound(operand + product_bound(operand), levels - 1);
}
constexpr double joined_bound = 2 * product_bound(residue_limit);
constexpr double spectrum_bound = level_bound(joined_bound, 10);
constexpr double output_bound = level_bound(2 * product_bound(spectrum_bound), 10);
static_assert(spectrum_bound < residue_limit && output_bound < residue_limit);

/// Levels of a forward transform among `Count` residues, Count - 1 roots in the order of a heap.
template <std::uint32_t Count, std::uint32_t Roots>
OCTOPUS_INLINE void split(Residue (&x)[Count], const Factor (&roots)[Roots]) noexcept {
    static_assert(Roots == Count - 1);
#pragma GCC unroll 16
    for (std::uint32_t nodes = 1; nodes < Count; nodes *= 2) {
        const std::uint32_t half = Count / nodes / 2;
#pragma GCC unroll 16
        for (std::uint32_t i = 0; i < Count / 2; ++i) {
            const std::uint32_t node = i / half;
            Residue& low = x[node * 2 * half + i % half];
            Residue& high = x[node * 2 * half + i % half + half];
            const Residue turned = times(high, roots[nodes - 1 + node]);
            high = low - turned;
            low = low + turned;
        }
    }
}

/// Levels of an inverse transform. `Plain` when the first root of each level is 1.
template <bool Plain, std::uint32_t Count, std::uint32_t Roots>
OCTOPUS_INLINE void join(Residue (&x)[Count], const Factor (&roots)[Roots]) noexcept {
    static_assert(Roots == Count - 1);
#pragma GCC unroll 16
    for (std::uint32_t half = 1; half < Count; half *= 2) {
#pragma GCC unroll 16
        for (std::uint32_t i = 0; i < Count / 2; ++i) {
            const std::uint32_t place = i % half;
            Residue& low = x[i / half * 2 * half + place];
            Residue& high = x[i / half * 2 * half + place + half];
            const Residue turned = Plain && place == 0 ? reduced(high) : times(high, roots[half - 1 + place]);
            high = low - turned;
            low = low + turned;
        }
    }
}

template <std::uint32_t Stride, std::uint32_t Count>
OCTOPUS_INLINE void gather(const Residue* from, Residue (&x)[Count]) noexcept {
#pragma GCC unroll 16
    for (std::uint32_t i = 0; i < Count; ++i) x[i] = from[i * Stride];
}

template <std::uint32_t Stride, std::uint32_t Count>
OCTOPUS_INLINE void scatter(const Residue (&x)[Count], Residue* to) noexcept {
#pragma GCC unroll 16
    for (std::uint32_t i = 0; i < Count; ++i) to[i * Stride] = x[i];
}

/// The first three levels of a forward transform: the upper half of the inputs is 0, so both halves start as a copy.
OCTOPUS_INLINE void split_quarters(const ChirpPlan& plan, const Residue (&inputs)[half_blocks], Residue* to) noexcept {
    // The first half's roots are 1, 1 and the imaginary unit.
    const Residue sums[2] = {inputs[0] + reduced(inputs[2]), reduced(inputs[1] + reduced(inputs[3]))};
    const Residue turned = times(inputs[1] - reduced(inputs[3]), plan.split_quarter[0][2]);
    const Residue kept = inputs[0] - reduced(inputs[2]);
    const Residue first[half_blocks] = {sums[0] + sums[1], sums[0] - sums[1], kept + turned, kept - turned};
    scatter<block>(first, to);
    Residue second[half_blocks] = {inputs[0], inputs[1], inputs[2], inputs[3]};
    split(second, plan.split_quarter[1]);
    scatter<block>(second, to + points);
}

/// The last three levels of an inverse transform with the scaling of its outputs.
OCTOPUS_INLINE void join_quarters(const ChirpPlan& plan, const Join& scales, std::uint32_t i, const Residue* from,
                                  Residue (&outputs)[half_blocks]) noexcept {
    Residue near[half_blocks];
    Residue far[half_blocks];
    gather<block>(from + i, near);
    gather<block>(from + points + i, far);
    join<false>(near, plan.join_quarter[i]);
    join<false>(far, plan.join_quarter[i]);
#pragma GCC unroll 16
    for (std::uint32_t m = 0; m < half_blocks; ++m)
        outputs[m] = times(near[m], scales.at[i].near[m]) + times(far[m], scales.at[i].far[m]);
}

template <std::uint32_t Count>
OCTOPUS_INLINE void multiply_spectrum(Residue (&x)[Count], const Factor* spectrum) noexcept {
#pragma GCC unroll 16
    for (std::uint32_t i = 0; i < Count; ++i) x[i] = times(x[i], spectrum[i]);
}

/// Levels 4 to 7 of a forward transform, in a block.
OCTOPUS_INLINE void split_block(const ChirpPlan& plan, std::uint32_t index, Residue* at) noexcept {
    for (std::uint32_t i = 0; i < radix; ++i) {
        Residue x[radix];
        gather<radix>(at + i, x);
        split(x, plan.split_block[index]);
        scatter<radix>(x, at + i);
    }
}

/// Levels 5 to 8 of an inverse transform.
OCTOPUS_INLINE void join_block(const ChirpPlan& plan, Residue* at) noexcept {
    for (std::uint32_t i = 0; i < radix; ++i) {
        Residue x[radix];
        gather<radix>(at + i, x);
        join<false>(x, plan.join_block[i]);
        scatter<radix>(x, at + i);
    }
}

/// The transform of inputs and, in the order it leaves it, back: x becomes the convolution with one kernel.
void convolve(const ChirpPlan& plan, Kernels kernel, Residue* x) noexcept {
    for (std::uint32_t b = 0; b < blocks; ++b) {
        Residue* const at = x + b * block;
        split_block(plan, b, at);
        for (std::uint32_t i = 0; i < radix; ++i) {
            const std::uint32_t word = b * radix + i;
            Residue y[radix];
            gather<1>(at + i * radix, y);
            split(y, plan.split_word[word]);
            multiply_spectrum(y, plan.kernels[kernel].at + word * radix);
            join<true>(y, plan.join_word);
            scatter<1>(y, at + i * radix);
        }
        join_block(plan, at);
    }
}

/// One input, convolved with two kernels.
void convolve_apart(const ChirpPlan& plan, Residue* even, Residue* odd) noexcept {
    for (std::uint32_t b = 0; b < blocks; ++b) {
        split_block(plan, b, even + b * block);
        for (std::uint32_t i = 0; i < radix; ++i) {
            const std::uint32_t word = b * radix + i;
            Residue y[radix];
            gather<1>(even + word * radix, y);
            split(y, plan.split_word[word]);
            Residue z[radix];
#pragma GCC unroll 16
            for (std::uint32_t k = 0; k < radix; ++k) z[k] = y[k];
            multiply_spectrum(y, plan.kernels[shift_even].at + word * radix);
            join<true>(y, plan.join_word);
            scatter<1>(y, even + word * radix);
            multiply_spectrum(z, plan.kernels[shift_odd].at + word * radix);
            join<true>(z, plan.join_word);
            scatter<1>(z, odd + word * radix);
        }
        join_block(plan, even + b * block);
        join_block(plan, odd + b * block);
    }
}

/// Two inputs, each convolved with its kernel, and added.
void convolve_together(const ChirpPlan& plan, Residue* even, Residue* odd) noexcept {
    for (std::uint32_t b = 0; b < blocks; ++b) {
        split_block(plan, b, even + b * block);
        split_block(plan, b, odd + b * block);
        for (std::uint32_t i = 0; i < radix; ++i) {
            const std::uint32_t word = b * radix + i;
            Residue y[radix];
            gather<1>(odd + word * radix, y);
            split(y, plan.split_word[word]);
            multiply_spectrum(y, plan.kernels[chirp_odd].at + word * radix);
            scatter<1>(y, odd + word * radix);
            gather<1>(even + word * radix, y);
            split(y, plan.split_word[word]);
            multiply_spectrum(y, plan.kernels[chirp_even].at + word * radix);
#pragma GCC unroll 16
            for (std::uint32_t k = 0; k < radix; ++k) y[k] = y[k] + odd[word * radix + k];
            join<true>(y, plan.join_word);
            scatter<1>(y, even + word * radix);
        }
        join_block(plan, even + b * block);
    }
}

/// From the outputs of one transform to those of the next one's first levels, in place.
void pass_on(const ChirpPlan& plan, const Join& scales, Residue* x) noexcept {
    for (std::uint32_t i = 0; i < block; ++i) {
        Residue y[half_blocks];
        join_quarters(plan, scales, i, x, y);
        split_quarters(plan, y, x + i);
    }
}

/// Values of the warps whose coefficients are given, below residue_limit and in descending order of powers.
/// values[i] is at point w^i.
void evaluate_warps(const ChirpPlan& plan, const Residue (&coefficient)[points], ChirpBuffers& buffers,
                    U32 (&values)[points]) noexcept {
    for (std::uint32_t i = 0; i < block; ++i) {
        Residue x[half_blocks];
        for (std::uint32_t m = 0; m < half_blocks; ++m)
            x[m] = times(coefficient[i + m * block], plan.first[i + m * block]);
        split_quarters(plan, x, buffers.even + i);
    }
    convolve(plan, shift_curve, buffers.even);
    pass_on(plan, plan.to_powers, buffers.even);
    convolve_apart(plan, buffers.even, buffers.odd);
    pass_on(plan, plan.to_even, buffers.even);
    pass_on(plan, plan.to_odd, buffers.odd);
    convolve_together(plan, buffers.even, buffers.odd);
    for (std::uint32_t i = 0; i < block; ++i) {
        Residue x[half_blocks];
        join_quarters(plan, plan.to_values, i, buffers.even, x);
        for (std::uint32_t m = 0; m < half_blocks; ++m) values[i + m * block] = canonical_words(x[m]);
    }
}

/// The whole plan of a header. set_roots has been called.
void set_header(ChirpPlan& plan, const Header& header, ChirpBuffers& buffers) noexcept {
    std::uint32_t kernels[kernel_count][transform];
    set_scales(plan, header, kernels);
    // A kernel per lane, as many at a time as there are.
    for (std::uint32_t first = 0; first < kernel_count; first += warps) {
        const auto at = [&](std::uint32_t i) noexcept {
            std::uint32_t words[warps] = {};
            for (std::uint32_t k = 0; k < warps && first + k < kernel_count; ++k) words[k] = kernels[first + k][i];
            return residue_of(load<U32>(words));
        };
        for (std::uint32_t i = 0; i < points; ++i) {
            const Residue low = at(i);
            const Residue high = at(i + points);
            buffers.even[i] = reduced(low + high);
            buffers.even[i + points] = reduced(low - high);
        }
        for (std::uint32_t half = 0; half < 2; ++half) {
            for (std::uint32_t i = 0; i < block; ++i) {
                Residue x[half_blocks];
                gather<block>(buffers.even + half * points + i, x);
                split(x, plan.split_quarter[half]);
                scatter<block>(x, buffers.even + half * points + i);
            }
        }
        for (std::uint32_t b = 0; b < blocks; ++b) split_block(plan, b, buffers.even + b * block);
        for (std::uint32_t word = 0; word < transform / radix; ++word) {
            Residue x[radix];
            gather<1>(buffers.even + word * radix, x);
            split(x, plan.split_word[word]);
            for (std::uint32_t i = 0; i < radix; ++i) {
                std::uint32_t words[warps];
                store(words, canonical_words(x[i]));
                for (std::uint32_t k = 0; k < warps && first + k < kernel_count; ++k)
                    plan.kernels[first + k].at[word * radix + i] = factor_of(words[k]);
            }
        }
    }
}

}  // namespace
}  // namespace octopus
