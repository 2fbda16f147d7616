#pragma once

#include "octopus.hpp"

namespace octopus {

/// Steps 1 and 2 of a hash, from the 32 bytes of a header hash.
Header read_header(const std::uint8_t (&header_hash)[hash_bytes]) noexcept;

}  // namespace octopus
