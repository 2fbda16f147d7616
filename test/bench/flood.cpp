// The load generator of the gateway bench: submits distinct wrong nonces over several connections, keeps a bounded
// number of them unanswered on each, and reads every answer. It is C++ so that it takes as little as possible of the
// machine that it measures: lines come from one template, and all connections are served once per tick.
//
// usage: flood PORT JOB_HASH CONNECTIONS WINDOW WARM_UP_MS MEASURE_MS MAX_SUBMITS FIRST_NONCE
// stdout: `begin` after the warm-up, one JSON line after the measurement, `done` when all answers are in.
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

// Long enough for one wake-up to serve many answers, short against the time that a window of submits takes.
constexpr auto tick = std::chrono::microseconds{2000};
// What the slowest target needs for the windows of all connections.
constexpr auto drain_limit = milliseconds{15000};
constexpr size_t nonce_digits = 16;
constexpr size_t read_bytes = 65536;

struct Counts {
    uint64_t wrong = 0, stale = 0, duplicate = 0, accepted = 0, other = 0;
};

struct Connection {
    int fd = -1;
    int unanswered = 0;
    std::string unsent;
    std::string partial_line;
};

[[noreturn]] void fail(const char* what) noexcept {
    std::perror(what);
    std::exit(1);
}

double cpu_seconds() noexcept {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    const auto seconds = [](const timeval& t) { return double(t.tv_sec) + double(t.tv_usec) / 1e6; };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

int open_connection(uint16_t port) noexcept {
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) fail("connect");
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    fcntl(fd, F_SETFL, O_NONBLOCK);
    return fd;
}

// Answers are told by their text; lines that answer no submit leave the count of unanswered ones alone.
void on_line(std::string_view line, Connection& connection, Counts& counts) noexcept {
    const auto says = [line](std::string_view text) { return line.find(text) != line.npos; };
    if (says("Incorrect Nonce!")) ++counts.wrong;
    else if (says("mining.notify") || says("\"result\":true")) return;
    else if (says("stale job")) ++counts.stale;
    else if (says("already solved")) ++counts.duplicate;
    else if (says("[true]")) ++counts.accepted;
    else ++counts.other;
    --connection.unanswered;
}

void read_answers(Connection& connection, Counts& counts) {
    static char buffer[read_bytes];
    for (;;) {
        const ssize_t got = recv(connection.fd, buffer, sizeof buffer, 0);
        if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
        if (got <= 0) fail("the target closed the connection");
        std::string_view text{buffer, size_t(got)};
        for (size_t end; (end = text.find('\n')) != text.npos; text.remove_prefix(end + 1)) {
            if (connection.partial_line.empty()) {
                on_line(text.substr(0, end), connection, counts);
                continue;
            }
            connection.partial_line += text.substr(0, end);
            on_line(connection.partial_line, connection, counts);
            connection.partial_line.clear();
        }
        connection.partial_line += text;
        if (size_t(got) < sizeof buffer) return;
    }
}

void write_unsent(Connection& connection) {
    const ssize_t sent = send(connection.fd, connection.unsent.data(), connection.unsent.size(), MSG_NOSIGNAL);
    if (sent > 0) connection.unsent.erase(0, size_t(sent));
    else if (errno != EAGAIN && errno != EINTR) fail("send");
}

// A submit line whose nonce is patched in place; every line has a nonce of its own.
class Submits {
public:
    Submits(const std::string& job, uint64_t first) : next_{first} {
        line_ = R"({"id":4,"method":"mining.submit","params":["flood",")" + job + "\",\"0x";
        nonce_at_ = line_.size();
        line_ += std::string(nonce_digits, '0') + "\",\"" + job + "\"]}\n";
    }

    void append_to(std::string& out) {
        const size_t at = out.size() + nonce_at_;
        out += line_;
        uint64_t rest = next_++;
        for (size_t i = nonce_digits; i-- > 0; rest >>= 4) out[at + i] = "0123456789abcdef"[rest & 15];
        ++made;
    }

    uint64_t made = 0;

private:
    std::string line_;
    size_t nonce_at_;
    uint64_t next_;
};

}  // namespace

int main(int argc, char** argv) {
    if (argc != 9) return 2;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    const auto number = [argv](int i) { return std::strtoull(argv[i], nullptr, 0); };
    const int window = int(number(4));
    const uint64_t max_submits = number(7);
    Submits submits{argv[2], number(8)};
    Counts counts;
    std::vector<Connection> connections(number(3));
    for (auto& connection : connections) {
        connection.fd = open_connection(uint16_t(number(1)));
        connection.unsent = R"({"id":1,"method":"mining.subscribe","params":["flood",""]})"
                            "\n";
    }
    const auto turn = [&](bool submitting) {
        for (auto& connection : connections) {
            read_answers(connection, counts);
            for (; submitting && connection.unanswered < window && submits.made < max_submits; ++connection.unanswered)
                submits.append_to(connection.unsent);
            if (!connection.unsent.empty()) write_unsent(connection);
        }
        std::this_thread::sleep_for(tick);
    };
    const auto submit_until = [&](Clock::time_point end) {
        while (Clock::now() < end && submits.made < max_submits) turn(true);
    };

    submit_until(Clock::now() + milliseconds{number(5)});
    std::puts("begin");
    std::fflush(stdout);
    const Counts before = counts;
    const double cpu_before = cpu_seconds();
    const auto begun = Clock::now();
    submit_until(begun + milliseconds{number(6)});
    const double seconds = std::chrono::duration<double>(Clock::now() - begun).count();
    std::printf("{\"seconds\":%.6f,\"cpuSeconds\":%.6f,\"wrong\":%lu,\"stale\":%lu,\"duplicate\":%lu,"
                "\"accepted\":%lu,\"other\":%lu}\n",
                seconds, cpu_seconds() - cpu_before, counts.wrong - before.wrong, counts.stale - before.stale,
                counts.duplicate - before.duplicate, counts.accepted - before.accepted, counts.other - before.other);
    std::fflush(stdout);

    const auto unanswered = [&] {
        int sum = 0;
        for (const auto& connection : connections) sum += connection.unanswered;
        return sum;
    };
    for (const auto end = Clock::now() + drain_limit; unanswered() > 0 && Clock::now() < end;) turn(false);
    std::puts("done");
}
