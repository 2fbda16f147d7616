#define OCTOPUS_LANES 1
#include "build-kernel.hpp"
#include "light-kernel.hpp"

namespace octopus {

extern const Kernel kernel_scalar;
const Kernel kernel_scalar = {"scalar", groups * group_hashes, lanes, run_hashes, build_caches, data_set_pages};

}  // namespace octopus
