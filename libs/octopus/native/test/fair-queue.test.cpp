#include "fair-queue-model.hpp"

namespace {

using check::FairQueueModel;

void play(std::uint32_t capacity, std::uint32_t callers, bool colliding, std::uint32_t steps, check::Random& random) {
    FairQueueModel model{capacity};
    for (std::uint32_t i = 0; i < capacity; ++i) model.push(random.below(callers), i);
    std::uint64_t bias = 3;
    for (std::uint32_t step = 0; step < steps; ++step) {
        // Fills up, hovers at the top, runs empty.
        if (step % 97 == 0) bias = 1 + random.below(5);
        if (random.below(6) < bias) {
            const std::uint64_t who = random.below(3) == 0 ? 0 : random.below(callers);
            model.push(colliding ? check::colliding_caller(who) : who * 0x100000001, step);
        } else {
            model.pop();
        }
    }
    while (model.size() != 0) model.pop();
    model.pop();
}

TEST(random_play, "pushes and pops of many callers, against the model") {
    check::Random random;
    for (std::uint32_t round = 0; round < check::rounds(200); ++round)
        for (const std::uint32_t capacity : {1, 2, 3, 7, 64, 100})
            play(capacity, 1 + static_cast<std::uint32_t>(random.below(2 * capacity + 2)), round % 2 == 1, 400, random);
}

TEST(takes_turns, "a flood delays another's entry by one turn and cannot keep it out") {
    octopus::FairQueue<int> queue{1000};
    int dropped = 0, entry = 0;
    for (int i = 0; i < 1000; ++i) CHECK(queue.push(1, i, dropped) == octopus::Pushed::queued);
    CHECK(queue.push(1, 1000, dropped) == octopus::Pushed::refused);
    CHECK(queue.push(2, -1, dropped) == octopus::Pushed::displaced && dropped == 999);
    CHECK(queue.pop(entry) && entry == 0);
    CHECK(queue.pop(entry) && entry == -1);
    CHECK(queue.pop(entry) && entry == 1);
}

TEST(many_callers, "a thousand lines come and go") {
    check::Random random{1};
    play(1000, 3000, false, check::rounds(40000), random);
    play(1000, 3000, true, check::rounds(40000), random);
}

}  // namespace

TEST_MAIN()
