// Settings: any file is settings or a list of faults with their places, twice the same.

#include "fuzz/memory_file.hpp"
#include "fuzz/support.hpp"
#include "settings/load.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static noci::fuzz::MemoryFile file;
  const std::string_view text = noci::fuzz::text_of(data, size);
  file.set(text);
  const auto first = noci::load_settings(file.path());
  const auto second = noci::load_settings(file.path());
  noci::fuzz::check_faults(first.faults, second.faults, file.path(), text);
  if (first.faults.empty()) {
    FUZZ_REQUIRE(!first.value.sources.empty());
    FUZZ_REQUIRE(first.value.sources == second.value.sources);
    FUZZ_REQUIRE(first.value.memory_budget > 0);
    FUZZ_REQUIRE(first.value.commit_interval > noci::Duration::zero());
  }
  return 0;
}
