#define OCTOPUS_LANES 4
#include "full-search.hpp"

namespace octopus {

extern const FullKernel full_kernel_avx2;
const FullKernel full_kernel_avx2 = full_kernel_with("avx2");

}  // namespace octopus
