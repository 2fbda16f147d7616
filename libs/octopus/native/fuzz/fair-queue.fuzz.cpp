// Any sequence of pushes and pops against the model.
#include "test/fair-queue-model.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2) return 0;
    const bool colliding = data[0] & 1;
    check::FairQueueModel model{1u + data[1] % 40};
    for (std::size_t i = 2; i < size; ++i) {
        if (data[i] < 96)
            model.pop();
        else
            model.push(colliding ? check::colliding_caller(data[i]) : data[i], static_cast<std::uint32_t>(i));
    }
    return 0;
}
