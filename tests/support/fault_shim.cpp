// Preloaded into the real binary (LD_PRELOAD): from its Nth call of some kind on some file on,
// calls fail, or the process dies there as by kill -9. So every step of a commit can be the last
// one, and every file can become unwritable in mid-flight, without a file system of one's own.
// Environment:
//   NOCI_FAULT_CALLS  which calls count: any of open, read, write, sync, truncate, rename, remove,
//   send NOCI_FAULT_PATH   on which files: what their path contains (sockets are `socket:[…]`)
//   NOCI_FAULT_NTH    which of these calls, from 1
//   NOCI_FAULT_DO     kill: die before it; tear: write half of it, then die; once: it fails;
//                     always: it and all later ones fail; hang: all wait while NOCI_FAULT_WHILE is
//                     there
//   NOCI_FAULT_ERRNO  with what, as a number
//   NOCI_FAULT_WHILE  if set: only while this file exists do calls count and fail

#include <atomic>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstdarg>
#include <cstdlib>
#include <string_view>

#include <dlfcn.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace {

enum class Outcome { goes_on, fails, tears };

std::string_view setting(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

template <typename Function>
Function real(const char* name) {
  return reinterpret_cast<Function>(dlsym(RTLD_NEXT, name));
}

[[noreturn]] void die() {
  kill(getpid(), SIGKILL);
  for (;;) {
    pause();
  }
}

bool is_meant(std::string_view call, std::string_view path) {
  static const std::string_view calls = setting("NOCI_FAULT_CALLS");
  static const std::string_view part = setting("NOCI_FAULT_PATH");
  static const std::string_view only_while = setting("NOCI_FAULT_WHILE");
  return calls.find(call) != std::string_view::npos && path.find(part) != std::string_view::npos &&
         (only_while.empty() || access(only_while.data(), F_OK) == 0);
}

Outcome judge(std::string_view call, std::string_view path) {
  static const std::string_view action = setting("NOCI_FAULT_DO");
  static const long nth = std::atol(setting("NOCI_FAULT_NTH").data());
  static const int error = std::atoi(setting("NOCI_FAULT_ERRNO").data());
  static std::atomic<long> seen{0};
  if (action.empty() || !is_meant(call, path)) {
    return Outcome::goes_on;
  }
  const long number = ++seen;
  if (number < nth || (number > nth && action != "always" && action != "hang")) {
    return Outcome::goes_on;
  }
  while (action == "hang" && is_meant(call, path)) {
    usleep(50'000);
  }
  if (action == "hang") {
    return Outcome::goes_on;
  }
  if (action == "kill" || (action == "tear" && call != "write")) {
    die();
  }
  errno = error;
  return action == "tear" ? Outcome::tears : Outcome::fails;
}

Outcome judge(std::string_view call, int descriptor) {
  if (setting("NOCI_FAULT_CALLS").find(call) == std::string_view::npos) {
    return Outcome::goes_on;
  }
  char link[] = "/proc/self/fd/0000000000";
  char* end = link + sizeof "/proc/self/fd/" - 1;
  char digits[12];
  int count = 0;
  for (int rest = descriptor; rest > 0 || count == 0; rest /= 10) {
    digits[count++] = static_cast<char>('0' + rest % 10);
  }
  while (count > 0) {
    *end++ = digits[--count];
  }
  *end = '\0';
  char path[PATH_MAX];
  const ssize_t size = readlink(link, path, sizeof path);
  return judge(call, std::string_view(path, size < 0 ? 0 : static_cast<std::size_t>(size)));
}

}  // namespace

extern "C" {

int open64(const char* path, int flags, ...) {
  va_list list;
  va_start(list, flags);
  const mode_t mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(list, mode_t) : 0;
  va_end(list);
  if (judge("open", path) != Outcome::goes_on) {
    return -1;
  }
  return real<int (*)(const char*, int, ...)>("open64")(path, flags, mode);
}

int open(const char* path, int flags, ...) {
  va_list list;
  va_start(list, flags);
  const mode_t mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(list, mode_t) : 0;
  va_end(list);
  return open64(path, flags, mode);
}

ssize_t write(int descriptor, const void* bytes, size_t size) {
  const auto call = real<ssize_t (*)(int, const void*, size_t)>("write");
  switch (judge("write", descriptor)) {
    case Outcome::goes_on:
      return call(descriptor, bytes, size);
    case Outcome::tears:
      call(descriptor, bytes, size / 2);
      die();
    default:
      return -1;
  }
}

ssize_t pwrite64(int descriptor, const void* bytes, size_t size, off64_t offset) {
  const auto call = real<ssize_t (*)(int, const void*, size_t, off64_t)>("pwrite64");
  switch (judge("write", descriptor)) {
    case Outcome::goes_on:
      return call(descriptor, bytes, size, offset);
    case Outcome::tears:
      call(descriptor, bytes, size / 2, offset);
      die();
    default:
      return -1;
  }
}

ssize_t read(int descriptor, void* bytes, size_t size) {
  return judge("read", descriptor) == Outcome::goes_on
             ? real<ssize_t (*)(int, void*, size_t)>("read")(descriptor, bytes, size)
             : -1;
}

ssize_t pread64(int descriptor, void* bytes, size_t size, off64_t offset) {
  return judge("read", descriptor) == Outcome::goes_on
             ? real<ssize_t (*)(int, void*, size_t, off64_t)>("pread64")(descriptor, bytes, size,
                                                                         offset)
             : -1;
}

ssize_t pread(int descriptor, void* bytes, size_t size, off_t offset) {
  return pread64(descriptor, bytes, size, offset);
}

int fsync(int descriptor) {
  return judge("sync", descriptor) == Outcome::goes_on ? real<int (*)(int)>("fsync")(descriptor)
                                                       : -1;
}

int fdatasync(int descriptor) {
  return judge("sync", descriptor) == Outcome::goes_on ? real<int (*)(int)>("fdatasync")(descriptor)
                                                       : -1;
}

int ftruncate64(int descriptor, off64_t size) noexcept {
  return judge("truncate", descriptor) == Outcome::goes_on
             ? real<int (*)(int, off64_t)>("ftruncate64")(descriptor, size)
             : -1;
}

int ftruncate(int descriptor, off_t size) noexcept {
  return ftruncate64(descriptor, size);
}

int rename(const char* from, const char* to) noexcept {
  return judge("rename", from) == Outcome::goes_on
             ? real<int (*)(const char*, const char*)>("rename")(from, to)
             : -1;
}

int unlink(const char* path) noexcept {
  return judge("remove", path) == Outcome::goes_on ? real<int (*)(const char*)>("unlink")(path)
                                                   : -1;
}

ssize_t send(int descriptor, const void* bytes, size_t size, int flags) {
  return judge("send", descriptor) == Outcome::goes_on
             ? real<ssize_t (*)(int, const void*, size_t, int)>("send")(descriptor, bytes, size,
                                                                        flags)
             : -1;
}

ssize_t sendmsg(int descriptor, const msghdr* message, int flags) {
  return judge("send", descriptor) == Outcome::goes_on
             ? real<ssize_t (*)(int, const msghdr*, int)>("sendmsg")(descriptor, message, flags)
             : -1;
}

}  // extern "C"
