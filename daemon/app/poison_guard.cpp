#include "app/poison_guard.hpp"

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstring>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "base/hash.hpp"
#include "io/file_descriptor.hpp"

namespace noci {
namespace {

constexpr std::array<char, 8> notes_magic{'n', 'o', 'c', 'i', 'r', 'd', '0', '2'};
/// The crash that makes noci careful, and two that point at the same record.
constexpr std::uint32_t crashes_of_poison = 3;

constexpr std::array fatal_signals{SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};

// What a signal handler may touch.
std::atomic<std::uint32_t*> crash_note{nullptr};
std::array<struct sigaction, fatal_signals.size()> handlers_before{};

extern "C" void note_crash(int signal, siginfo_t* info, void* /*context*/) {
  if (std::uint32_t* const note = crash_note.load()) {
    *note = 1;
  }
  for (std::size_t i = 0; i < fatal_signals.size(); ++i) {
    if (fatal_signals[i] == signal) {
      sigaction(signal, &handlers_before[i], nullptr);
    }
  }
  // A fault comes again by itself; what was sent does not.
  if (info->si_code <= 0) {
    raise(signal);
  }
}

/// Never 0, which stands for a block.
std::uint64_t id_of(std::string_view kind, std::string_view bytes, std::uint64_t number) {
  std::string text(kind);
  text.append(reinterpret_cast<const char*>(&number), sizeof number);
  text += bytes;
  const Sha256 hash = sha256(text);
  std::uint64_t id = 0;
  std::memcpy(&id, hash.data(), sizeof id);
  return std::max<std::uint64_t>(id, 1);
}

/// What was noted before is noted, whatever happens next: the compiler must not wait.
void settle() {
  std::atomic_signal_fence(std::memory_order_seq_cst);
}

}  // namespace

void PoisonGuard::Unmap::operator()(Notes* notes) const {
  std::uint32_t* own = &notes->crashed;
  crash_note.compare_exchange_strong(own, nullptr);
  munmap(notes, sizeof(Notes));
}

PoisonGuard::PoisonGuard(const std::string& path) {
  const FileDescriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!file.is_open() || ftruncate(file.get(), sizeof(Notes)) != 0) {
    return;
  }
  void* const map = mmap(nullptr, sizeof(Notes), PROT_READ | PROT_WRITE, MAP_SHARED, file.get(), 0);
  if (map == MAP_FAILED) {
    return;
  }
  notes_.reset(static_cast<Notes*>(map));
  if (notes_->magic != notes_magic) {
    *notes_ = Notes{};
    notes_->magic = notes_magic;
  }
  if (notes_->reading != 0 && notes_->crashed != 0) {
    learn_from_crash();
  }
  notes_->reading = 0;
  notes_->crashed = 0;
  notes_->current = 0;
  is_careful_ = notes_->crashes > 0 || notes_->poisoned > 0;
  crashes_ = notes_->crashes;
}

void PoisonGuard::learn_from_crash() {
  const std::uint64_t at = notes_->current;
  if (at == 0) {
    notes_->crashes = std::max<std::uint32_t>(notes_->crashes, 1);
  } else if (at == notes_->suspect) {
    ++notes_->crashes;
  } else {
    notes_->suspect = at;
    notes_->crashes = crashes_of_poison - 1;
  }
  if (notes_->crashes >= crashes_of_poison) {
    notes_->poison[notes_->poisoned++ % most_poison] = at;
    notes_->suspect = 0;
    notes_->crashes = 0;
  }
}

void PoisonGuard::watch_crashes() {
  if (!notes_) {
    return;
  }
  stack_t alternative{};
  sigaltstack(nullptr, &alternative);
  if ((alternative.ss_flags & SS_DISABLE) != 0) {  // sanitizers bring their own
    static std::array<char, 64 * 1024> stack;      // also for who has overrun its own
    alternative = {stack.data(), 0, stack.size()};
    sigaltstack(&alternative, nullptr);
  }
  const bool is_first = crash_note.exchange(&notes_->crashed) == nullptr;

  struct sigaction action {};

  action.sa_sigaction = note_crash;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
  for (std::size_t i = 0; is_first && i < fatal_signals.size(); ++i) {
    sigaction(fatal_signals[i], &action, &handlers_before[i]);
  }
}

void PoisonGuard::enter() {
  if (notes_) {
    notes_->current = 0;
    notes_->reading = 1;
    settle();
  }
}

void PoisonGuard::leave() {
  if (notes_) {
    settle();
    notes_->reading = 0;
  }
}

bool PoisonGuard::admits(std::string_view line, std::uint64_t offset) {
  return admits(id_of("line", line, offset));
}

bool PoisonGuard::admits(const Event& event) {
  return admits(id_of("event", event.request_id, event.position.offset));
}

bool PoisonGuard::admits(std::uint64_t id) {
  if (std::find(notes_->poison.begin(), notes_->poison.end(), id) != notes_->poison.end()) {
    return false;
  }
  if (notes_->suspect != 0 && notes_->current == notes_->suspect) {
    notes_->suspect = 0;  // it went well this time
    notes_->crashes = 1;
  }
  notes_->current = id;
  settle();
  return true;
}

void PoisonGuard::relax() {
  if (notes_) {
    notes_->crashes = 0;
    notes_->suspect = 0;
    notes_->poisoned = 0;
    notes_->poison.fill(0);
  }
  is_careful_ = false;
}

}  // namespace noci
