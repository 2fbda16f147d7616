// Sends the same bytes to many sockets, in the caller's thread and in helpers that sleep between calls. Knows no Node.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <thread>
#include <vector>

namespace fan_out {

/// Fewer, a quarter of a millisecond, are not worth waking a helper for.
constexpr std::size_t fewest_shared = 64;
/// What a thread takes at a time, and with it how long the caller waits for a helper at the end: 16 sends, under 0.1 ms.
constexpr std::size_t chunk_sockets = 16;

struct Broadcast {
    const std::int32_t* sockets = nullptr;
    std::size_t count = 0;
    const std::uint8_t* bytes = nullptr;
    std::size_t length = 0;
    /// For each socket how many bytes the kernel took, or the negative errno.
    std::int32_t* sent = nullptr;
};

class Sender {
public:
    /// `threads` is at least 1 and counts the caller's. The others are started by the first call that is worth it.
    explicit Sender(std::uint32_t threads) noexcept : missing_{threads - 1} {}
    ~Sender();
    Sender(const Sender&) = delete;
    Sender& operator=(const Sender&) = delete;

    /// Does not wait for any socket. Nothing of the broadcast is touched after the return. One caller at a time.
    void send(const Broadcast& broadcast) noexcept;

private:
    void start_helpers() noexcept;
    void run() noexcept;
    void share(std::unique_lock<std::mutex>& lock) noexcept;

    std::uint32_t missing_;
    std::vector<std::thread> helpers_;
    std::mutex mutex_;
    std::condition_variable work_came_, all_sent_;
    // Under the mutex. The broadcast stays as it is while any of its chunks is under way.
    Broadcast broadcast_;
    std::size_t next_ = 0;
    std::size_t under_way_ = 0;
    bool closed_ = false;
};

/// Acknowledges at once what the socket has received, where the system can (Linux): 0, or the negative errno.
int acknowledge(int socket) noexcept;

}  // namespace fan_out
