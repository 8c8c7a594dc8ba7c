#pragma once

// argv → verb → exit code. Every option is declared here and nowhere else; `--help` teaches.

namespace noci {

int run_cli(int argc, char* argv[]);

}  // namespace noci
