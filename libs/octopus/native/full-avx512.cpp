#define OCTOPUS_LANES 8
#include "full-search.hpp"

namespace octopus {

extern const FullKernel full_kernel_avx512;
const FullKernel full_kernel_avx512 = full_kernel_with("avx512");

}  // namespace octopus
