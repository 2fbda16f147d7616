#define OCTOPUS_LANES 8
#include "build-kernel.hpp"
#include "light-kernel.hpp"

namespace octopus {

extern const Kernel kernel_avx512;
const Kernel kernel_avx512 = {"avx512", groups * group_hashes, lanes, run_hashes, build_caches, data_set_pages};

}  // namespace octopus
