#include "memory.hpp"

#include <algorithm>
#include <fstream>

namespace octopus {

namespace {

// The number after a key, or the first one of a file without keys. Nothing for `max` and for what is not there.
std::optional<std::uint64_t> read_number(const std::string& path, const std::string& key = "") {
    std::ifstream file{path};
    std::string word;
    std::uint64_t number = 0;
    while (!key.empty() && word != key)
        if (!(file >> word)) return std::nullopt;
    if (file >> number) return number;
    return std::nullopt;
}

// Pages of files that are not in use go first when a group comes to its limit.
void limit_by(const std::string& limit, const std::string& usage, const std::string& inactive_file,
              const std::string& folder, std::optional<std::uint64_t>& available) {
    const auto allowed = read_number(folder + limit);
    const auto used = read_number(folder + usage);
    if (!allowed || !used) return;
    const std::uint64_t reclaimable = read_number(folder + "/memory.stat", inactive_file).value_or(0);
    const std::uint64_t held = *used - std::min(*used, reclaimable);
    const std::uint64_t left = *allowed - std::min(*allowed, held);
    available = std::min(available.value_or(left), left);
}

}  // namespace

std::optional<std::uint64_t> available_memory(const std::string& root) {
    constexpr std::uint64_t kibibyte = 1024;
    auto available = read_number(root + "/proc/meminfo", "MemAvailable:");
    if (available) *available *= kibibyte;

    const std::string groups = root + "/sys/fs/cgroup";
    limit_by("/memory.limit_in_bytes", "/memory.usage_in_bytes", "total_inactive_file", groups + "/memory", available);
    // A group's limit holds for the groups in it. In a container the group's own path may be hidden: then the root is.
    std::ifstream own{root + "/proc/self/cgroup"};
    for (std::string line; std::getline(own, line);) {
        if (line.rfind("0::", 0) != 0) continue;
        std::string path = line.substr(3);
        while (true) {
            limit_by("/memory.max", "/memory.current", "inactive_file", groups + path, available);
            if (path.empty() || path.find('/') == std::string::npos) break;
            path.erase(path.rfind('/'));
        }
    }
    return available;
}

}  // namespace octopus
