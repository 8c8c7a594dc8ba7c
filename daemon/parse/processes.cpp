#include "parse/processes.hpp"

#include <utility>

namespace noci {

Processes::Process* Processes::find(const ProcessName& name, std::uint64_t log) {
  key_.assign(name.homeserver);
  key_ += '\0';
  key_ += name.place;
  key_ += '\0';
  key_ += name.worker;
  auto found = processes_.find(key_);
  if (found == processes_.end()) {
    if (Process* same = other_log_of(name, log)) {
      same->sequence.expect_copies();
      return same;
    }
    if (processes_.size() >= most) {
      return nullptr;
    }
    found = processes_.try_emplace(key_).first;
    found->second.homeserver = name.homeserver;
    found->second.worker = name.worker;
  }
  Process& process = found->second;
  if (process.log == 0) {
    process.log = log;
  } else if (process.log != log) {
    process.sequence.expect_copies();
  }
  return &process;
}

Processes::Process* Processes::other_log_of(const ProcessName& name, std::uint64_t log) {
  if (!name.by_file) {
    return nullptr;
  }
  const std::string key = key_.substr(name.homeserver.size());
  for (auto& [other, process] : processes_) {
    const bool is_same = other.size() >= key.size() && process.log != log &&
                         other.find('\0') == other.size() - key.size() && other.ends_with(key);
    if (is_same && (name.homeserver.empty() || process.homeserver.empty() ||
                    process.homeserver == name.homeserver)) {
      if (process.homeserver.empty()) {
        process.homeserver = name.homeserver;
      }
      return &process;
    }
  }
  return nullptr;
}

std::vector<WorkerNumbers> Processes::numbers() const {
  std::vector<WorkerNumbers> all;
  all.reserve(processes_.size());
  for (const auto& [key, process] : processes_) {
    const PassedNumbers passed = process.sequence.numbers();
    all.push_back({process.homeserver, process.worker, passed.passed, passed.missing});
  }
  return all;
}

std::uint64_t Processes::false_restarts() const {
  std::uint64_t sum = 0;
  for (const auto& [key, process] : processes_) {
    sum += process.sequence.false_restarts();
  }
  return sum;
}

void Processes::save(ByteWriter& out) const {
  out.number(processes_.size());
  for (const auto& [key, process] : processes_) {
    out.text(key);
    out.text(process.homeserver);
    out.text(process.worker);
    process.sequence.save(out);
  }
}

void Processes::restore(ByteReader& in) {
  processes_.clear();
  for (auto left = in.count(); left > 0 && in.ok(); --left) {
    std::string key(in.text());
    Process process;
    process.homeserver = in.text();
    process.worker = in.text();
    process.sequence.restore(in);
    if (in.ok() && processes_.size() < most) {
      processes_.insert_or_assign(std::move(key), std::move(process));
    }
  }
}

}  // namespace noci
