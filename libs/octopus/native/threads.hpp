// What the standard library cannot ask of threads. Wishes: where the system refuses, nothing happens.
#pragma once

#include <cstdint>
#include <thread>

namespace octopus {

/// Binds the thread to the index-th (modulo their number) of the processors that this process may use.
void pin(std::thread& thread, std::uint32_t index) noexcept;

/// Lets others run before the calling thread.
void lower_own_priority() noexcept;

}  // namespace octopus
