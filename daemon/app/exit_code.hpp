#pragma once

// What the shell learns. The content of a log never changes it; an archive that
// cannot be unpacked to its end does.

namespace noci {

enum class ExitCode : int {
  fine = 0,
  input_at_fault = 1,        ///< settings, rules, lists, a damaged archive
  usage = 2,                 ///< the command line
  environment_at_fault = 3,  ///< a file, a port, a permission, another program
};

}  // namespace noci
