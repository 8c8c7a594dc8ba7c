// Runs a command and says what it cost: `measured FILE COMMAND…` appends to FILE one line
//   USER SYSTEM WALL (seconds) PEAK (KiB) STATUS
// The peak is the command's own: a large parent would show in it (exec keeps the high-water mark).

#include <chrono>
#include <cstdio>

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fputs("usage: measured FILE COMMAND...\n", stderr);
    return 2;
  }
  const auto begin = std::chrono::steady_clock::now();
  const pid_t child = fork();
  if (child == 0) {
    execvp(argv[2], argv + 2);
    std::perror(argv[2]);
    _exit(127);
  }
  int status = 0;
  rusage usage{};
  if (child < 0 || wait4(child, &status, 0, &usage) != child) {
    std::perror("measured");
    return 3;
  }
  const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - begin;
  std::FILE* file = std::fopen(argv[1], "a");
  if (file == nullptr) {
    std::perror(argv[1]);
    return 3;
  }
  const int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  std::fprintf(file, "%.4f %.4f %.4f %ld %d\n", seconds(usage.ru_utime), seconds(usage.ru_stime),
               wall.count(), usage.ru_maxrss, code);
  std::fclose(file);
  return code;
}
