// The least that a fan-out can be: takes connections, answers whatever comes with one text, and sends each line of its
// input to all of them with one send() after another. What the bridge and the node are compared to.
//
// usage: bare-send ANSWER; prints its port, ends when its input does
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

namespace {

constexpr int backlog = 4096;
constexpr int max_events = 512;

[[noreturn]] void fail(const char* what) noexcept {
    std::perror(what);
    std::exit(1);
}

int listen_on_loopback() noexcept {
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (bind(fd, reinterpret_cast<sockaddr*>(&address), size) != 0 || listen(fd, backlog) != 0) fail("listen");
    getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
    std::printf("%d\n", ntohs(address.sin_port));
    std::fflush(stdout);
    return fd;
}

void watch(int poll_fd, int fd) noexcept {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = fd;
    if (epoll_ctl(poll_fd, EPOLL_CTL_ADD, fd, &event) != 0) fail("epoll_ctl");
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) return 2;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    rlimit files{};
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    const std::string answer = std::string{argv[1]} + '\n';
    const int listener = listen_on_loopback();
    const int poll_fd = epoll_create1(0);
    watch(poll_fd, listener);
    watch(poll_fd, STDIN_FILENO);
    std::vector<int> clients;
    std::string input;
    for (;;) {
        epoll_event events[max_events];
        const int ready = epoll_wait(poll_fd, events, max_events, -1);
        for (int i = 0; i < ready; ++i) {
            const int fd = events[i].data.fd;
            char buffer[4096];
            if (fd == listener) {
                for (int client; (client = accept4(listener, nullptr, nullptr, SOCK_NONBLOCK)) >= 0;) {
                    const int on = 1;
                    setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
                    clients.push_back(client);
                    watch(poll_fd, client);
                }
                continue;
            }
            const ssize_t got = read(fd, buffer, sizeof buffer);
            if (fd == STDIN_FILENO) {
                if (got <= 0) return 0;
                input.append(buffer, size_t(got));
                for (size_t end; (end = input.find('\n')) != input.npos; input.erase(0, end + 1))
                    for (const int client : clients) send(client, input.data(), end + 1, MSG_NOSIGNAL | MSG_DONTWAIT);
            } else if (got > 0) {
                send(fd, answer.data(), answer.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
            } else {
                std::erase(clients, fd);
                close(fd);
            }
        }
    }
}
