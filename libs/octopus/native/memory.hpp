// How much memory this process can still have.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace octopus {

/// Bytes that can be allocated without swapping: what the system has left, or the control groups of this process allow.
/// Nothing where the system does not tell (it is asked on Linux only). `root` is put before the paths that are read.
std::optional<std::uint64_t> available_memory(const std::string& root = "");

}  // namespace octopus
