#define OCTOPUS_LANES 4
#include "build-kernel.hpp"
#include "light-kernel.hpp"

namespace octopus {

extern const Kernel kernel_avx2;
const Kernel kernel_avx2 = {"avx2", groups * group_hashes, lanes, run_hashes, build_caches, data_set_pages};

}  // namespace octopus
