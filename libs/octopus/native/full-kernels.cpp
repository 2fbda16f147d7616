#include <cstring>

#include "full-kernel.hpp"

namespace octopus {

extern const FullKernel full_kernel_scalar;
#if defined(__x86_64__)
extern const FullKernel full_kernel_avx2;
extern const FullKernel full_kernel_avx512;
#elif defined(__aarch64__)
extern const FullKernel full_kernel_neon;
#endif

namespace {

constexpr const FullKernel* kernels[] = {
    &full_kernel_scalar,
#if defined(__x86_64__)
    &full_kernel_avx2,
    &full_kernel_avx512,
#elif defined(__aarch64__)
    &full_kernel_neon,
#endif
};

}  // namespace

const FullKernel* full_kernel(const char* name) noexcept {
    for (const FullKernel* kernel : kernels)
        if (std::strcmp(kernel->name, name) == 0) return kernel;
    return nullptr;
}

}  // namespace octopus
