// Rules: any file is a rule that the engine can take or a list of faults with their places, twice
// the same.

#include "fuzz/memory_file.hpp"
#include "fuzz/support.hpp"
#include "settings/load.hpp"
#include "settings/rule_file.hpp"

namespace {

noci::Loaded<std::optional<noci::Rule>> read(const std::string& path) {
  noci::Loaded<std::optional<noci::Rule>> loaded;
  noci::Report report(path, loaded.faults, loaded.warnings);
  loaded.value = noci::read_rule_file({}, std::nullopt, report);
  return loaded;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static noci::fuzz::MemoryFile file;
  const std::string_view text = noci::fuzz::text_of(data, size);
  file.set(text);
  const auto first = read(file.path());
  const auto second = read(file.path());
  noci::fuzz::check_faults(first.faults, second.faults, file.path(), text);
  if (first.faults.empty()) {
    FUZZ_REQUIRE(first.value.has_value());
    FUZZ_REQUIRE(!first.value->limits.empty());
    for (const noci::Limit& limit : first.value->limits) {
      FUZZ_REQUIRE(limit.timespan > noci::Duration::zero());
      FUZZ_REQUIRE(limit.threshold >= 0);
    }
  }
  return 0;
}
