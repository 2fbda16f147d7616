#define OCTOPUS_LANES 2
#include "build-kernel.hpp"
#include "light-kernel.hpp"

namespace octopus {

extern const Kernel kernel_neon;
const Kernel kernel_neon = {"neon", groups * group_hashes, lanes, run_hashes, build_caches, data_set_pages};

}  // namespace octopus
