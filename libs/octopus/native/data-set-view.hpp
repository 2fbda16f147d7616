// A data set in memory, as a kernel reads it. Also included by kernel-*.cpp: see octopus.hpp.
#pragma once

#include "octopus.hpp"

namespace octopus {

/// page_nodes nodes per page; `modulus` is the remainder by the number of pages.
struct DataSetView {
    const Node* nodes;
    Modulus modulus;
};

}  // namespace octopus
