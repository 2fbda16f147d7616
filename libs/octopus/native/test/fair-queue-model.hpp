// What FairQueue promises, with no thought for speed: both are driven by the same choices and must agree.
#pragma once

#include <algorithm>
#include <deque>

#include "check.hpp"
#include "fair-queue.hpp"

namespace check {

class FairQueueModel {
public:
    explicit FairQueueModel(std::uint32_t capacity) : capacity_{capacity}, queue_{capacity} {}

    void push(std::uint64_t caller, std::uint32_t entry) {
        std::uint32_t dropped = 0;
        const octopus::Pushed pushed = queue_.push(caller, entry, dropped);
        if (size() == capacity_) {
            const auto longest = std::max_element(lines_.begin(), lines_.end(), [](const Line& x, const Line& y) {
                return x.entries.size() < y.entries.size();
            });
            const std::size_t own = line_of(caller) == lines_.end() ? 0 : line_of(caller)->entries.size();
            if (longest->entries.size() <= own + 1) {
                CHECK(pushed == octopus::Pushed::refused);
                CHECK(queue_.size() == size());
                return;
            }
            CHECK(pushed == octopus::Pushed::displaced && dropped == longest->entries.back());
            longest->entries.pop_back();
        } else {
            CHECK(pushed == octopus::Pushed::queued);
        }
        if (line_of(caller) == lines_.end()) lines_.push_back({caller, {}});
        line_of(caller)->entries.push_back(entry);
        CHECK(queue_.size() == size());
    }

    void pop() {
        std::uint32_t entry = 0;
        CHECK(queue_.pop(entry) == !lines_.empty());
        if (lines_.empty()) return;
        Line turn = lines_.front();
        lines_.pop_front();
        CHECK(entry == turn.entries.front());
        turn.entries.pop_front();
        if (!turn.entries.empty()) lines_.push_back(turn);
        CHECK(queue_.size() == size());
    }

    std::uint32_t size() const {
        std::size_t count = 0;
        for (const Line& line : lines_) count += line.entries.size();
        return static_cast<std::uint32_t>(count);
    }

private:
    struct Line {
        std::uint64_t caller;
        std::deque<std::uint32_t> entries;
    };

    std::deque<Line>::iterator line_of(std::uint64_t caller) {
        return std::find_if(lines_.begin(), lines_.end(), [&](const Line& line) { return line.caller == caller; });
    }

    const std::uint32_t capacity_;
    octopus::FairQueue<std::uint32_t> queue_;
    /// In the order of their turns.
    std::deque<Line> lines_;
};

/// Callers whose places in a table of up to 2^16 slots fall on few neighbours: the hash is undone.
inline std::uint64_t colliding_caller(std::uint64_t which) {
    // 0x9e3779b97f4a7c15 * inverse = 1 (mod 2^64); the place comes from bits 32 and up.
    constexpr std::uint64_t inverse = 0xf1de83e19937733d;
    static_assert(0x9e3779b97f4a7c15 * inverse == 1);
    return ((which % 3) << 32 | (which / 3) << 50 | which) * inverse;
}

}  // namespace check
