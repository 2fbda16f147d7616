#include "threads.hpp"

#ifdef __linux__
#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>
#include <sys/syscall.h>
#endif

namespace octopus {

void pin([[maybe_unused]] std::thread& thread, [[maybe_unused]] std::uint32_t index) noexcept {
#ifdef __linux__
    cpu_set_t usable;
    if (sched_getaffinity(0, sizeof usable, &usable) != 0) return;
    auto skip = static_cast<int>(index) % CPU_COUNT(&usable);
    for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
        if (!CPU_ISSET(cpu, &usable) || skip-- > 0) continue;
        cpu_set_t one;
        CPU_ZERO(&one);
        CPU_SET(cpu, &one);
        pthread_setaffinity_np(thread.native_handle(), sizeof one, &one);
        return;
    }
#endif
}

void lower_own_priority() noexcept {
#ifdef __linux__
    // A third of the processor time of the threads that hash, when all processors are busy, by the scheduler's weights:
    // somebody may come to need a cache while it is being built ahead.
    constexpr int background = 5;
    setpriority(PRIO_PROCESS, static_cast<id_t>(syscall(SYS_gettid)), background);
#endif
}

}  // namespace octopus
