// A bounded queue in which callers take turns: one with a thousand entries delays another's single one by one entry, not
// by a thousand. Nothing is allocated after construction. Not thread safe: its owner locks.
#pragma once

#include <bit>
#include <cstdint>
#include <vector>

namespace octopus {

enum class Pushed {
    queued,
    /// Queued, and another caller's newest entry had to go: it is in `dropped`.
    displaced,
    refused,
};

template <typename Entry>
class FairQueue {
public:
    /// capacity: entries at most, from 1 to 2^30.
    explicit FairQueue(std::uint32_t capacity)
        : nodes_(capacity), lines_(capacity), table_(std::bit_ceil(std::uint64_t{capacity} * 2), none) {
        for (std::uint32_t i = 0; i < capacity; ++i) nodes_[i].next = lines_[i].next = i + 1 < capacity ? i + 1 : none;
        free_node_ = free_line_ = 0;
    }

    std::uint32_t size() const noexcept { return size_; }

    /// When full, the caller with the longest line loses its newest entry, if its line is longer than this caller's
    /// would become: who floods cannot keep others out.
    Pushed push(std::uint64_t caller, const Entry& entry, Entry& dropped) noexcept {
        Pushed pushed = Pushed::queued;
        if (size_ == nodes_.size()) {
            const std::uint32_t own = find(caller);
            const std::uint32_t longest = longest_line();
            if (lines_[longest].length <= (own == none ? 0 : lines_[own].length) + 1) return Pushed::refused;
            dropped = remove(longest, lines_[longest].last);
            pushed = Pushed::displaced;
        }
        std::uint32_t line = find(caller);
        if (line == none) line = open_line(caller);
        const std::uint32_t node = free_node_;
        free_node_ = nodes_[node].next;
        nodes_[node] = {entry, none, lines_[line].last};
        (lines_[line].last == none ? lines_[line].first : nodes_[lines_[line].last].next) = node;
        lines_[line].last = node;
        ++lines_[line].length;
        ++size_;
        return pushed;
    }

    bool pop(Entry& entry) noexcept {
        if (size_ == 0) return false;
        const std::uint32_t line = turn_;
        turn_ = lines_[line].next;
        entry = remove(line, lines_[line].first);
        return true;
    }

private:
    static constexpr std::uint32_t none = ~std::uint32_t{0};

    struct QueueNode {
        Entry entry;
        std::uint32_t next;
        std::uint32_t previous;
    };
    /// The entries of one caller; lines form a ring, in the order of their turns.
    struct Line {
        std::uint64_t caller;
        std::uint32_t first;
        std::uint32_t last;
        std::uint32_t length;
        std::uint32_t next;
        std::uint32_t previous;
    };

    std::uint64_t slot_of(std::uint64_t caller) const noexcept {
        return (caller * 0x9e3779b97f4a7c15 >> 32) & (table_.size() - 1);
    }

    std::uint32_t find(std::uint64_t caller) const noexcept {
        for (std::uint64_t slot = slot_of(caller);; slot = (slot + 1) & (table_.size() - 1))
            if (table_[slot] == none || lines_[table_[slot]].caller == caller) return table_[slot];
    }

    std::uint32_t longest_line() const noexcept {
        std::uint32_t longest = turn_;
        for (std::uint32_t line = lines_[turn_].next; line != turn_; line = lines_[line].next)
            if (lines_[line].length > lines_[longest].length) longest = line;
        return longest;
    }

    std::uint32_t open_line(std::uint64_t caller) noexcept {
        const std::uint32_t line = free_line_;
        free_line_ = lines_[line].next;
        // Its turn comes after all others'.
        const std::uint32_t next = size_ == 0 ? line : turn_;
        const std::uint32_t previous = size_ == 0 ? line : lines_[turn_].previous;
        lines_[line] = {caller, none, none, 0, next, previous};
        lines_[previous].next = line;
        lines_[next].previous = line;
        if (size_ == 0) turn_ = line;
        std::uint64_t slot = slot_of(caller);
        while (table_[slot] != none) slot = (slot + 1) & (table_.size() - 1);
        table_[slot] = line;
        return line;
    }

    Entry remove(std::uint32_t line, std::uint32_t node) noexcept {
        Line& of = lines_[line];
        const QueueNode gone = nodes_[node];
        (gone.previous == none ? of.first : nodes_[gone.previous].next) = gone.next;
        (gone.next == none ? of.last : nodes_[gone.next].previous) = gone.previous;
        nodes_[node].next = free_node_;
        free_node_ = node;
        --size_;
        if (--of.length == 0) close_line(line);
        return gone.entry;
    }

    void close_line(std::uint32_t line) noexcept {
        Line& of = lines_[line];
        if (turn_ == line) turn_ = of.next;
        lines_[of.previous].next = of.next;
        lines_[of.next].previous = of.previous;
        erase_slot(of.caller);
        of.next = free_line_;
        free_line_ = line;
    }

    /// Deletion from linear probing: later entries of the run move up, so that no search ends too early.
    void erase_slot(std::uint64_t caller) noexcept {
        const std::uint64_t mask = table_.size() - 1;
        std::uint64_t hole = slot_of(caller);
        while (lines_[table_[hole]].caller != caller) hole = (hole + 1) & mask;
        for (std::uint64_t slot = (hole + 1) & mask; table_[slot] != none; slot = (slot + 1) & mask) {
            const std::uint64_t home = slot_of(lines_[table_[slot]].caller);
            if (((slot - home) & mask) < ((slot - hole) & mask)) continue;
            table_[hole] = table_[slot];
            hole = slot;
        }
        table_[hole] = none;
    }

    std::vector<QueueNode> nodes_;
    std::vector<Line> lines_;
    std::vector<std::uint32_t> table_;
    std::uint32_t size_ = 0;
    std::uint32_t free_node_;
    std::uint32_t free_line_;
    std::uint32_t turn_ = none;
};

}  // namespace octopus
