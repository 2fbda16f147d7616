// The miners of the gateway bench: opens many connections to one stratum port, subscribes on each, and notes when each
// of them has which job. It is C++ and one thread, so that it takes as little as possible of the machine it measures.
//
// usage: crowd PORT CONNECTIONS OPENING_AT_ONCE; ends when its input does
// stdout, one JSON line each: `opened` once every connection has its first job (or nothing more comes), then one line
// per job that all of them have (or after a second). Times are CLOCK_MONOTONIC, in nanoseconds.
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>
#include <string_view>
#include <vector>

namespace {

constexpr int64_t ms = 1'000'000;
// A node's first job takes up to 10 s.
constexpr int64_t opening_limit = 12'000 * ms;
constexpr int64_t job_limit = 1'000 * ms;
// One source address has about 28,000 ports for one destination, some of them still in TIME_WAIT from the run before.
constexpr size_t connections_per_address = 4096;
constexpr size_t key_digits = 16;
constexpr size_t max_events = 512;
constexpr std::string_view subscribe = R"({"id":1,"method":"mining.subscribe","params":["crowd",""]})"
                                       "\n";

struct Connection {
    int fd = -1;
    bool connected = false;
    int64_t subscribed_at = 0;
    int64_t answered_at = 0;
    int64_t first_job_at = 0;
    std::string job;
    std::string partial_line;
};

struct JobArrivals {
    std::string key;
    std::vector<int64_t> times;
};

[[noreturn]] void fail(const char* what) noexcept {
    std::perror(what);
    std::exit(1);
}

int64_t now() noexcept {
    timespec time{};
    clock_gettime(CLOCK_MONOTONIC, &time);
    return int64_t(time.tv_sec) * 1'000'000'000 + time.tv_nsec;
}

double cpu_ms() noexcept {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    const auto of = [](const timeval& t) { return double(t.tv_sec) * 1e3 + double(t.tv_usec) / 1e3; };
    return of(usage.ru_utime) + of(usage.ru_stime);
}

int64_t quantile(const std::vector<int64_t>& sorted, double share) noexcept {
    if (sorted.empty()) return 0;
    return sorted[std::min(sorted.size() - 1, size_t(share * double(sorted.size())))];
}

class Crowd {
public:
    Crowd(uint16_t port, size_t count, size_t at_once) : port_{port}, at_once_{at_once}, connections_(count) {
        poll_fd_ = epoll_create1(EPOLL_CLOEXEC);
        began_ = progress_at_ = now();
    }

    // Ends with the input: whoever started this closes it, also by dying.
    void run() {
        while (!input_ended()) {
            open_some();
            epoll_event events[max_events];
            const int ready = epoll_wait(poll_fd_, events, max_events, 100);
            for (int i = 0; i < ready; ++i) on_event(connections_[events[i].data.u64], events[i].events);
            const bool all = with_job_ + lost_ >= connections_.size();
            if (!reported_ && (all || now() - progress_at_ > opening_limit)) report_opened();
            for (size_t i = 0; i < jobs_.size();) {
                const bool complete = jobs_[i].times.size() >= subscribed_;
                if (reported_ && (complete || now() - jobs_[i].times.front() > job_limit)) report_job(i);
                else ++i;
            }
        }
    }

private:
    bool input_ended() noexcept {
        // Looked at between rounds only: it costs a system call.
        if (now() - input_seen_ < 50 * ms) return false;
        input_seen_ = now();
        pollfd input{STDIN_FILENO, POLLIN, 0};
        return poll(&input, 1, 0) > 0;
    }

    // As many as a server's backlog holds, so that no SYN is dropped and sent again a second later.
    void open_some() {
        for (; opened_ < connections_.size() && opened_ - settled_ < at_once_; ++opened_) {
            Connection& connection = connections_[opened_];
            const int fd = connection.fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
            if (fd < 0) fail("socket");
            const int on = 1;
            setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
            // The port is chosen when connecting: otherwise all connections would share one address's ports.
            setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
            sockaddr_in address{};
            address.sin_family = AF_INET;
            address.sin_addr.s_addr = htonl(INADDR_LOOPBACK + uint32_t(opened_ / connections_per_address));
            if (bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) fail("bind");
            address.sin_port = htons(port_);
            address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
            if (connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 && errno != EINPROGRESS) fail("connect");
            epoll_event event{};
            event.events = EPOLLIN | EPOLLOUT | EPOLLET;
            event.data.u64 = opened_;
            if (epoll_ctl(poll_fd_, EPOLL_CTL_ADD, fd, &event) != 0) fail("epoll_ctl");
        }
    }

    void on_event(Connection& connection, uint32_t events) {
        if (connection.fd < 0) return;
        if (!connection.connected && (events & EPOLLOUT) != 0 && (events & EPOLLERR) == 0) {
            connection.connected = true;
            connection.subscribed_at = now();
            if (send(connection.fd, subscribe.data(), subscribe.size(), MSG_NOSIGNAL) < 0) lose(connection);
        }
        if (connection.fd >= 0 && (events & (EPOLLIN | EPOLLERR | EPOLLHUP)) != 0) read_lines(connection);
    }

    void read_lines(Connection& connection) {
        static char buffer[65536];
        const ssize_t got = recv(connection.fd, buffer, sizeof buffer, 0);
        const int64_t at = now();
        if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
        if (got <= 0) return lose(connection);
        std::string_view text{buffer, size_t(got)};
        for (size_t end; (end = text.find('\n')) != text.npos; text.remove_prefix(end + 1)) {
            if (connection.partial_line.empty()) {
                on_line(connection, text.substr(0, end), at);
                continue;
            }
            connection.partial_line += text.substr(0, end);
            on_line(connection, connection.partial_line, at);
            connection.partial_line.clear();
        }
        connection.partial_line += text;
    }

    void on_line(Connection& connection, std::string_view line, int64_t at) {
        if (line.find("mining.notify") == line.npos) {
            if (connection.answered_at != 0 || line.find("true") == line.npos) return;
            connection.answered_at = progress_at_ = at;
            ++subscribed_;
            ++settled_;
            return;
        }
        // The hash is the last parameter but one; a job's id may be anything.
        const size_t boundary = line.rfind("\"0x");
        const size_t hash = boundary == line.npos ? boundary : line.rfind("\"0x", boundary - 1);
        if (hash == line.npos) return;
        const std::string_view key = line.substr(hash + 3, key_digits);
        // The node sends the same job again after each block.
        if (connection.job == key) return;
        connection.job = key;
        if (connection.first_job_at == 0) {
            connection.first_job_at = progress_at_ = at;
            ++with_job_;
        }
        if (reported_) arrivals(key).times.push_back(at);
    }

    JobArrivals& arrivals(std::string_view key) {
        for (JobArrivals& job : jobs_)
            if (job.key == key) return job;
        jobs_.push_back({std::string{key}, {}});
        jobs_.back().times.reserve(connections_.size());
        return jobs_.back();
    }

    void lose(Connection& connection) noexcept {
        close(connection.fd);
        connection.fd = -1;
        ++lost_;
        if (connection.answered_at == 0) ++settled_;
        else --subscribed_;
    }

    void report_opened() {
        reported_ = true;
        std::vector<int64_t> waits;
        int64_t last_answer = began_;
        for (const Connection& connection : connections_) {
            if (connection.first_job_at != 0) waits.push_back(connection.first_job_at - connection.subscribed_at);
            last_answer = std::max(last_answer, connection.answered_at);
        }
        std::sort(waits.begin(), waits.end());
        std::printf("{\"opened\":%zu,\"subscribed\":%zu,\"withJob\":%zu,\"lost\":%zu,\"openingNs\":%ld,"
                    "\"firstJobNs\":[%ld,%ld,%ld]}\n",
                    opened_, subscribed_, with_job_, lost_, last_answer - began_, quantile(waits, 0.5),
                    quantile(waits, 0.99), quantile(waits, 1));
        std::fflush(stdout);
    }

    void report_job(size_t index) {
        std::vector<int64_t>& times = jobs_[index].times;
        std::sort(times.begin(), times.end());
        std::printf("{\"job\":\"%s\",\"count\":%zu,\"firstNs\":%ld,\"medianNs\":%ld,\"lastNs\":%ld,\"cpuMs\":%.1f}\n",
                    jobs_[index].key.c_str(), times.size(), times.front(), quantile(times, 0.5), times.back(), cpu_ms());
        std::fflush(stdout);
        jobs_.erase(jobs_.begin() + long(index));
    }

    uint16_t port_;
    size_t at_once_;
    int poll_fd_;
    int64_t began_, progress_at_, input_seen_ = 0;
    size_t opened_ = 0, settled_ = 0, subscribed_ = 0, with_job_ = 0, lost_ = 0;
    bool reported_ = false;
    std::vector<Connection> connections_;
    std::vector<JobArrivals> jobs_;
};

}  // namespace

int main(int argc, char** argv) {
    if (argc != 4) return 2;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    rlimit files{};
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    const auto number = [argv](int i) { return std::strtoull(argv[i], nullptr, 10); };
    Crowd{uint16_t(number(1)), number(2), number(3)}.run();
}
