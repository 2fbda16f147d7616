#define OCTOPUS_LANES 2
#include "full-search.hpp"

namespace octopus {

extern const FullKernel full_kernel_neon;
const FullKernel full_kernel_neon = full_kernel_with("neon");

}  // namespace octopus
