#include "app/cli.hpp"

int main(int argc, char* argv[]) {
  return noci::run_cli(argc, argv);
}
