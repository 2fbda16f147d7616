#include "sender.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <csignal>

namespace fan_out {

namespace {

#ifdef MSG_NOSIGNAL
constexpr int flags = MSG_DONTWAIT | MSG_NOSIGNAL;
#else
// macOS. Node.js ignores SIGPIPE.
constexpr int flags = MSG_DONTWAIT;
#endif

std::int32_t send_once(const Broadcast& broadcast, int socket) noexcept {
    for (;;) {
        const ssize_t sent = ::send(socket, broadcast.bytes, broadcast.length, flags);
        if (sent >= 0) return static_cast<std::int32_t>(sent);
        if (errno != EINTR) return -errno;
    }
}

void send_range(const Broadcast& broadcast, std::size_t from, std::size_t to) noexcept {
    for (std::size_t i = from; i < to; ++i) broadcast.sent[i] = send_once(broadcast, broadcast.sockets[i]);
}

}  // namespace

int acknowledge(int socket) noexcept {
#ifdef TCP_QUICKACK
    const int on = 1;
    return ::setsockopt(socket, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on) == 0 ? 0 : -errno;
#else
    static_cast<void>(socket);
    return -ENOTSUP;
#endif
}

Sender::~Sender() {
    {
        const std::scoped_lock lock{mutex_};
        closed_ = true;
    }
    work_came_.notify_all();
    for (std::thread& helper : helpers_) helper.join();
}

void Sender::send(const Broadcast& broadcast) noexcept {
    if (broadcast.count >= fewest_shared) start_helpers();
    if (broadcast.count < fewest_shared || helpers_.empty()) {
        send_range(broadcast, 0, broadcast.count);
        return;
    }
    {
        const std::scoped_lock lock{mutex_};
        broadcast_ = broadcast;
        next_ = 0;
    }
    work_came_.notify_all();
    std::unique_lock lock{mutex_};
    share(lock);
    // All chunks are taken: a helper that wakes up only now finds none, and is not waited for.
    all_sent_.wait(lock, [this] { return under_way_ == 0; });
}

// Chunks are taken under the mutex, not by an atomic counter: a helper that is late could take one of the next broadcast
// with the arrays of this one. A lock for 16 system calls does not count.
void Sender::share(std::unique_lock<std::mutex>& lock) noexcept {
    while (next_ < broadcast_.count) {
        const std::size_t from = next_;
        const std::size_t to = next_ = std::min(from + chunk_sockets, broadcast_.count);
        ++under_way_;
        lock.unlock();
        send_range(broadcast_, from, to);
        lock.lock();
        --under_way_;
    }
}

void Sender::run() noexcept {
#ifdef __linux__
    pthread_setname_np(pthread_self(), "fan-out");
#endif
    std::unique_lock lock{mutex_};
    for (;;) {
        work_came_.wait(lock, [this] { return closed_ || next_ < broadcast_.count; });
        if (closed_) return;
        share(lock);
        if (under_way_ == 0) all_sent_.notify_one();
    }
}

// Tried once: what cannot be started is done without.
void Sender::start_helpers() noexcept {
    if (missing_ == 0) return;
    // Helpers inherit the mask: signals are for the threads of Node.js.
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    try {
        for (; missing_ > 0; --missing_) helpers_.emplace_back([this] { run(); });
    } catch (...) {
        missing_ = 0;
    }
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

}  // namespace fan_out
