#define OCTOPUS_LANES 1
#include "full-search.hpp"

namespace octopus {

extern const FullKernel full_kernel_scalar;
const FullKernel full_kernel_scalar = full_kernel_with("scalar");

}  // namespace octopus
