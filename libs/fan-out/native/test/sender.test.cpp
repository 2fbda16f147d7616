#include "sender.hpp"

#include <fcntl.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "check.hpp"

namespace {

using fan_out::Broadcast;
using fan_out::Sender;

/// What happens before each send(2) of the sender: a test's own. An errno other than 0 is the result instead.
std::function<int(int socket)> before_send;

}  // namespace

extern "C" ssize_t __real_send(int socket, const void* bytes, size_t length, int flags);
extern "C" ssize_t __wrap_send(int socket, const void* bytes, size_t length, int flags) {
    if (const int error = before_send ? before_send(socket) : 0) {
        errno = error;
        return -1;
    }
    return __real_send(socket, bytes, length, flags);
}

namespace {

/// Pairs of connected sockets: what is sent to `near` comes out of `far`.
struct Pairs {
    explicit Pairs(std::size_t count) {
        for (std::size_t i = 0; i < count; ++i) {
            int ends[2];
            CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
            near.push_back(ends[0]);
            far.push_back(ends[1]);
        }
    }
    ~Pairs() {
        for (const int end : near) close(end);
        for (const int end : far) close(end);
    }

    std::string received(std::size_t i) const {
        char bytes[4096];
        const ssize_t count = recv(far[i], bytes, sizeof bytes, MSG_DONTWAIT);
        return count > 0 ? std::string(bytes, static_cast<std::size_t>(count)) : std::string{};
    }

    std::vector<std::int32_t> near;
    std::vector<int> far;
};

/// Arrays are on the heap and freed at once: a sanitizer sees who touches them later.
std::vector<std::int32_t> broadcast(Sender& sender, const std::vector<std::int32_t>& sockets, const std::string& text) {
    const std::vector<std::int32_t> own_sockets = sockets;
    const std::vector<std::uint8_t> bytes(text.begin(), text.end());
    std::vector<std::int32_t> sent(sockets.size(), 12345);
    sender.send({own_sockets.data(), own_sockets.size(), bytes.data(), bytes.size(), sent.data()});
    return sent;
}

/// The helper threads of this process, by name.
std::vector<std::string> helper_tasks() {
    std::vector<std::string> tasks;
    for (const auto& task : std::filesystem::directory_iterator{"/proc/self/task"}) {
        std::string name;
        std::getline(std::ifstream{task.path() / "comm"}, name);
        if (name == "fan-out") tasks.push_back(task.path());
    }
    return tasks;
}

/// A condition that another thread brings about. Ends the test when it does not.
void await(const std::function<bool()>& condition, const char* what) {
    for (int tries = 0; !condition(); ++tries) {
        if (tries > 20000) check::fail(__FILE__, __LINE__, what);
        std::this_thread::sleep_for(std::chrono::milliseconds{1});
    }
}

TEST(once_and_whole, "every socket gets the bytes once and whole, broadcast after broadcast") {
    const Pairs pairs{300};
    for (const std::uint32_t threads : {1, 2, 3, 8}) {
        Sender sender{threads};
        for (std::uint32_t round = 0; round < 50; ++round) {
            const std::size_t count = (round * 37) % 301;
            const std::string text = "job " + std::to_string(round) + '\n';
            const std::vector<std::int32_t> sockets(pairs.near.begin(), pairs.near.begin() + static_cast<long>(count));
            const auto sent = broadcast(sender, sockets, text);
            for (std::size_t i = 0; i < 300; ++i) {
                if (i < count) CHECK(sent[i] == static_cast<std::int32_t>(text.size()));
                CHECK(pairs.received(i) == (i < count ? text : ""));
            }
        }
    }
}

TEST(failures, "a socket that is full, closed or bad does not keep the others from theirs") {
    const Pairs pairs{200};
    for (const std::uint32_t threads : {1, 2, 4}) {
        Sender sender{threads};
        const std::string filler(1 << 20, 'x');
        for (const std::size_t i : {0, 100, 199}) broadcast(sender, {pairs.near[i]}, filler);
        auto sockets = pairs.near;
        sockets[10] = -1;
        sockets[60] = 1 << 20;
        const int file = open("/dev/null", O_WRONLY);
        sockets[110] = file;
        int broken[2];
        CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, broken) == 0);
        close(broken[1]);
        sockets[160] = broken[0];
        // Without MSG_NOSIGNAL the process would end here.
        const auto sent = broadcast(sender, sockets, "job\n");
        for (std::size_t i = 0; i < 200; ++i) {
            if (i == 0 || i == 100 || i == 199) CHECK(sent[i] == -EAGAIN);
            else if (i == 10 || i == 60) CHECK(sent[i] == -EBADF);
            else if (i == 110) CHECK(sent[i] == -ENOTSOCK);
            else if (i == 160) CHECK(sent[i] == -EPIPE);
            else CHECK(sent[i] == 4 && pairs.received(i) == "job\n");
        }
        close(file);
        close(broken[0]);
        for (const std::size_t i : {0, 100, 199})
            while (!pairs.received(i).empty()) {}
    }
}

TEST(part, "what the kernel takes of too many bytes is told, and it arrives") {
    const Pairs pairs{1};
    Sender sender{1};
    const std::string text(8 << 20, 'x');
    const auto sent = broadcast(sender, pairs.near, text);
    CHECK(sent[0] > 0 && sent[0] < static_cast<std::int32_t>(text.size()));
    std::size_t arrived = 0;
    for (std::string bytes; !(bytes = pairs.received(0)).empty();) arrived += bytes.size();
    CHECK(arrived == static_cast<std::size_t>(sent[0]));
}

TEST(interrupted, "a send that a signal interrupted is made again") {
    const Pairs pairs{3};
    int interruptions = 0;
    before_send = [&](int socket) { return socket == pairs.near[1] && interruptions++ < 3 ? EINTR : 0; };
    Sender sender{1};
    CHECK((broadcast(sender, pairs.near, "job\n") == std::vector<std::int32_t>{4, 4, 4}));
    CHECK(interruptions == 4 && pairs.received(1) == "job\n");
    before_send = nullptr;
}

TEST(nothing, "no sockets, or no bytes") {
    const Pairs pairs{100};
    Sender sender{2};
    CHECK(broadcast(sender, {}, "job\n").empty());
    CHECK(broadcast(sender, pairs.near, "") == std::vector<std::int32_t>(100, 0));
    sender.send({});
}

TEST(helpers, "helpers begin with the first large broadcast, take no signals and end with the sender") {
    const Pairs pairs{fan_out::fewest_shared};
    {
        Sender sender{3};
        broadcast(sender, std::vector<std::int32_t>(pairs.near.begin() + 1, pairs.near.end()), "job\n");
        CHECK(helper_tasks().empty());
        broadcast(sender, pairs.near, "job\n");
        broadcast(sender, pairs.near, "job\n");
        await([] { return helper_tasks().size() == 2; }, "two helpers");
        for (const std::string& task : helper_tasks()) {
            std::ifstream status{task + "/status"};
            std::string line;
            while (std::getline(status, line) && !line.starts_with("SigBlk:")) {}
            const auto blocked = std::stoull(line.substr(7), nullptr, 16);
            for (const int number : {SIGHUP, SIGINT, SIGTERM, SIGUSR1, SIGCHLD, SIGPIPE})
                CHECK((blocked >> (number - 1) & 1) == 1);
        }
    }
    await([] { return helper_tasks().empty(); }, "no helpers any more");
    sigset_t own;
    pthread_sigmask(SIG_SETMASK, nullptr, &own);
    CHECK(sigismember(&own, SIGTERM) == 0);
}

TEST(shared, "a helper takes its part while the caller is at its own") {
    const Pairs pairs{100};
    const auto caller = std::this_thread::get_id();
    std::atomic<int> by_helpers = 0;
    before_send = [&](int) {
        if (std::this_thread::get_id() != caller) ++by_helpers;
        else await([&] { return by_helpers > 0; }, "a helper's send");
        return 0;
    };
    Sender sender{2};
    for (int round = 0; round < 3; ++round) {
        by_helpers = 0;
        broadcast(sender, pairs.near, "job\n");
    }
    before_send = nullptr;
}

TEST(stuck, "a helper that is stuck keeps its chunk, the caller does the rest and waits for it") {
    const Pairs pairs{100};
    const auto caller = std::this_thread::get_id();
    std::atomic<std::size_t> by_caller = 0, by_helper = 0;
    before_send = [&](int) {
        if (std::this_thread::get_id() == caller) {
            if (by_caller++ == 0) await([&] { return by_helper > 0; }, "a helper's send");
        } else if (by_helper++ == 0) {
            await([&] { return by_caller == 100 - fan_out::chunk_sockets; }, "the caller's sends");
            // The caller has nothing left to do but wait; one that does not is seen by its wrong results.
            std::this_thread::sleep_for(std::chrono::milliseconds{50});
        }
        return 0;
    };
    Sender sender{2};
    CHECK(broadcast(sender, pairs.near, "job\n") == std::vector<std::int32_t>(100, 4));
    CHECK(by_helper == fan_out::chunk_sockets);
    before_send = nullptr;
}

TEST(no_threads, "where no thread can be started the caller does all") {
    pthread_attr_t usual, impossible;
    CHECK(pthread_getattr_default_np(&usual) == 0);
    CHECK(pthread_attr_init(&impossible) == 0);
    CHECK(pthread_attr_setstacksize(&impossible, std::size_t{1} << 50) == 0);
    CHECK(pthread_setattr_default_np(&impossible) == 0);
    const Pairs pairs{100};
    Sender sender{4};
    CHECK(broadcast(sender, pairs.near, "job\n") == std::vector<std::int32_t>(100, 4));
    CHECK(pthread_setattr_default_np(&usual) == 0);
    CHECK(broadcast(sender, pairs.near, "job\n") == std::vector<std::int32_t>(100, 4));
    CHECK(helper_tasks().empty());
}

TEST(two_senders, "senders of two threads at once, as of two environments; many that begin and end") {
    const auto play = [] {
        const Pairs pairs{80};
        for (int round = 0; round < 40; ++round) {
            Sender sender{3};
            for (int i = 0; i < round % 3; ++i)
                CHECK(broadcast(sender, pairs.near, "job\n") == std::vector<std::int32_t>(80, 4));
        }
        for (std::size_t i = 0; i < 80; ++i) CHECK(pairs.received(i).size() == 4 * 39);
    };
    std::thread other{play};
    play();
    other.join();
}

}  // namespace

TEST_MAIN()
