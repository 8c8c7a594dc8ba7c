#include <cstdio>

int main() {
  std::puts("noci " NOCI_VERSION);
  return 0;
}
