#include "app/input_logs.hpp"

#include <algorithm>
#include <cerrno>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/log_file.hpp"
#include "io/record_times.hpp"
#include "io/rotation.hpp"

namespace noci {
namespace {

/// A file on the way into a log.
struct Found {
  std::string path;
  std::uint64_t size = 0;
  bool is_regular = false;
  std::optional<Beginning> beginning;  ///< looked at where it matters
};

class Search {
 public:
  Search(const SourceInfo& common, InputLogs& out) : common_(common), out_(out) {}

  Result<void> add(const std::string& path, bool rotated);
  Result<void> finish();

 private:
  Result<void> add_folder(const std::string& path);
  void add_siblings(const std::string& path);
  void add_file(const FileEntry& file, std::optional<Beginning> beginning = std::nullopt);
  void put_in_order(std::vector<Found>& files);
  void leave_out_copies(std::vector<Found>& files);
  void name_workers();

  const SourceInfo& common_;
  InputLogs& out_;
  std::vector<std::string> order_;  ///< names of logs as they were first met
  std::map<std::string, std::vector<Found>> logs_;
  std::vector<FileId> known_;
};

FileEntry entry_of(const std::string& path, const struct stat& status) {
  return {path,
          {status.st_dev, status.st_ino},
          static_cast<std::uint64_t>(status.st_size),
          status.st_mtim.tv_sec * 1'000'000'000 + status.st_mtim.tv_nsec};
}

/// Every file under `homeserver.log`, packed or not, belongs to that log.
std::string log_of(const std::string& path) {
  std::string_view name = path;
  for (std::string_view base = without_rotation(name); base != name;
       base = without_rotation(name)) {
    name = base;
  }
  return std::string(name);
}

std::string file_name(const std::string& path) {
  return path.substr(path.rfind('/') + 1);
}

Result<void> Search::add(const std::string& path, bool rotated) {
  if (path == "-") {
    order_.push_back(path);
    logs_[path] = {{path, 0, false, std::nullopt}};
    return {};
  }

  struct stat status {};

  if (stat(path.c_str(), &status) != 0) {
    return system_failure("cannot read " + path, errno);
  }
  if (S_ISDIR(status.st_mode)) {
    return add_folder(path);
  }
  if (!S_ISREG(status.st_mode)) {
    order_.push_back(path);
    logs_[path].push_back({path, 0, false, std::nullopt});
    return {};
  }
  // Whoever may not read it is told now, not after an hour of other files.
  if (auto file = LogFile::open(path, 0); !file) {
    return tl::unexpected(file.error());
  }
  add_file(entry_of(path, status));
  if (rotated) {
    add_siblings(path);
  }
  return {};
}

Result<void> Search::add_folder(const std::string& path) {
  const std::string inside = path.ends_with('/') ? path : path + "/";
  if (faccessat(AT_FDCWD, path.c_str(), R_OK | X_OK, AT_EACCESS) != 0) {
    return system_failure("cannot read the folder " + path, errno);
  }
  auto files = files_beside(inside);
  std::sort(files.begin(), files.end(),
            [](const FileEntry& a, const FileEntry& b) { return a.path < b.path; });
  std::size_t logs = 0;
  for (const FileEntry& file : files) {
    if (file_name(file.path).starts_with('.') || file.size == 0) {
      continue;
    }
    auto beginning = beginning_of(file.path, common_);
    if (!beginning) {
      return failure("cannot read " + file.path + ": " + LogFile::open(file.path, 0).error().what);
    }
    if (!beginning->time && !beginning->is_damaged) {
      out_.notes.push_back(file.path + " is left out: it does not begin like a log of Synapse");
      continue;
    }
    add_file(file, std::move(beginning));
    ++logs;
  }
  if (logs == 0) {
    return failure("cannot read " + path + ": no log of Synapse is in this folder");
  }
  return {};
}

void Search::add_siblings(const std::string& path) {
  const std::string log = log_of(path);
  for (const FileEntry& file : files_beside(log)) {
    if (log_of(file.path) == log) {
      add_file(file);
    }
  }
}

void Search::add_file(const FileEntry& file, std::optional<Beginning> beginning) {
  if (std::find(known_.begin(), known_.end(), file.id) != known_.end()) {
    return;
  }
  known_.push_back(file.id);
  const std::string log = log_of(file.path);
  auto& files = logs_[log];
  if (files.empty()) {
    order_.push_back(log);
  }
  files.push_back({file.path, file.size, true, std::move(beginning)});
}

Result<void> Search::finish() {
  for (const std::string& name : order_) {
    std::vector<Found>& files = logs_[name];
    if (files.size() > 1) {
      put_in_order(files);
      leave_out_copies(files);
    }
    out_.logs.push_back({name, {}});
    for (const Found& file : files) {
      if (out_.sources.size() == std::numeric_limits<SourceIndex>::max()) {
        return failure("cannot read more than " + std::to_string(out_.sources.size()) + " files");
      }
      const auto index = static_cast<SourceIndex>(out_.sources.size());
      SourceInfo source = common_;
      source.name = file.path;
      if (!out_.logs.back().files.empty()) {
        source.continues = out_.logs.back().files.front();
      }
      out_.logs.back().files.push_back(index);
      out_.sources.push_back(std::move(source));
    }
  }
  name_workers();
  return {};
}

/// By the time of what they hold; what holds nothing has no place and comes first.
void Search::put_in_order(std::vector<Found>& files) {
  for (Found& file : files) {
    if (!file.beginning && file.is_regular) {
      file.beginning = beginning_of(file.path, common_);
    }
  }
  const auto begin = [](const Found& file) {
    return file.beginning ? file.beginning->time.value_or(TimePoint{}) : TimePoint{};
  };
  std::sort(files.begin(), files.end(), [&](const Found& a, const Found& b) {
    return begin(a) != begin(b) ? begin(a) < begin(b) : a.path < b.path;
  });
}

/// Packing and copytruncate leave a file and its copy side by side for a while, or for good.
void Search::leave_out_copies(std::vector<Found>& files) {
  const auto is_packed = [](const Found& file) { return is_compressed(file.path); };
  for (auto file = files.begin(); file != files.end();) {
    const auto is_same = [&](const Found& other) {
      return &other != &*file && other.beginning && file->beginning &&
             !file->beginning->head.empty() && other.beginning->head == file->beginning->head &&
             std::pair(!is_packed(other), other.size) >= std::pair(!is_packed(*file), file->size);
    };
    const auto same = std::find_if(files.begin(), files.end(), is_same);
    if (same == files.end()) {
      ++file;
      continue;
    }
    out_.notes.push_back(file->path + " is left out: " + same->path + " holds the same");
    file = files.erase(file);
  }
}

/// Request ids are counted by each process for itself, and a process is known by its file's name:
/// files of one name in two folders are two processes.
void Search::name_workers() {
  std::map<std::string, std::set<std::string>> folders;
  const auto process = [](const std::string& name) {
    const std::string file = file_name(name);
    return file.substr(0, file.find('.'));
  };
  for (const InputLog& log : out_.logs) {
    folders[process(log.name)].insert(directory_of(log.name));
  }
  for (const InputLog& log : out_.logs) {
    if (folders[process(log.name)].size() < 2) {
      continue;
    }
    const std::string worker = directory_of(log.name) + "/" + process(log.name);
    for (const SourceIndex file : log.files) {
      out_.sources[file].worker = worker;
    }
  }
}

}  // namespace

Result<InputLogs> find_logs(const std::vector<std::string>& paths, bool rotated,
                            const SourceInfo& common) {
  InputLogs found;
  Search search(common, found);
  for (const std::string& path : paths) {
    if (auto added = search.add(path, rotated); !added) {
      return tl::unexpected(added.error());
    }
  }
  if (auto finished = search.finish(); !finished) {
    return tl::unexpected(finished.error());
  }
  return found;
}

}  // namespace noci
