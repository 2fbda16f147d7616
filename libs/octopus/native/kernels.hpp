// Which kernel to use here.
#pragma once

#include <string>
#include <vector>

#include "kernel.hpp"

namespace octopus {

/// The kernels of this binary that this processor can run, the best first; `scalar` is the last.
const std::vector<const Kernel*>& usable_kernels() noexcept;

/// Compares a kernel with fixed results, on a cache small enough for a millisecond.
bool passes_self_test(const Kernel& kernel) noexcept;

struct KernelChoice {
    /// Null when there is none.
    const Kernel* kernel;
    /// Why the wanted or the best kernel was not taken; empty when it was.
    std::string problem;
};

/// The best kernel that passes its self-test; or the one of that name, and no other, when `wanted` is not empty.
KernelChoice choose_kernel(const std::string& wanted);

/// `choose_kernel` among the given kernels.
KernelChoice choose_kernel(const std::vector<const Kernel*>& kernels, const std::string& wanted);

}  // namespace octopus
