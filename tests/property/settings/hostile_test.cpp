#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include <rapidcheck/catch.h>
#include <unistd.h>

#include "settings/load.hpp"
#include "settings/rules.hpp"
#include "support/catch.hpp"

using namespace noci;

namespace {

std::string read(const std::string& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

/// `text` with a few pieces cut out, doubled, or replaced by what YAML finds special.
std::string damaged(std::string text) {
  const int changes = *rc::gen::inRange(1, 6);
  for (int i = 0; i < changes && !text.empty(); ++i) {
    const auto size = static_cast<int>(text.size());
    const auto at = static_cast<std::size_t>(*rc::gen::inRange(0, size));
    const auto length = static_cast<std::size_t>(*rc::gen::inRange(0, 40));
    const std::string special = *rc::gen::element<std::string>(
        "\n", ": ", "- ", "{", "}", "[", "]", "'", "\"", "&a ", "*a", "!!map ", "|\n", "? ", "#",
        "\t", "%", "~", "\xff", "\xc3\xa9", "999999999999999999999", "-1", "<<: *a\n", "---\n");
    switch (*rc::gen::inRange(0, 3)) {
      case 0:
        text.erase(at, length);
        break;
      case 1:
        text.insert(at, text.substr(at, length));
        break;
      default:
        text.insert(at, special);
    }
  }
  return text;
}

class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "noci-prop-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }

  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

void check_places(const Faults& faults, const std::string& text) {
  const auto lines = 2 + std::count(text.begin(), text.end(), '\n');
  for (const Fault& fault : faults) {
    RC_ASSERT(!fault.file.empty());
    RC_ASSERT(!fault.what.empty());
    RC_ASSERT(fault.line >= 0);
    RC_ASSERT(fault.line <= lines);
    RC_ASSERT((fault.line == 0 || fault.column >= 1));
  }
}

}  // namespace

TEST_CASE("a damaged rule is a rule or a list of faults, and never more than that") {
  const Folder folder;
  const std::string rules = std::string(NOCI_SOURCE_DIR) + "/rules";
  const std::string good = read(rules + "/rooms_joined.yaml") +
                           "schedule:\n  timezone: Europe/Paris\n  periods:\n"
                           "    - {name: w, when: 'Mon-Fri 07:00-20:00', factor: 1}\n"
                           "    - {name: r, default: true, factor: 0.25}\n";
  rc::prop("any damage", [&] {
    const std::string text = damaged(good);
    std::ofstream(folder.path() + "/rule.yaml", std::ios::binary) << text;
    const auto loaded = load_rules({{folder.path()}, {rules + "/lists"}, std::nullopt});
    check_places(loaded.faults, text);
    if (loaded.faults.empty()) {
      RC_ASSERT(loaded.value.rules.size() == 1u);
      const Rule& rule = loaded.value.rules[0];
      RC_ASSERT(!rule.limits.empty());
      RC_ASSERT(!rule.group_by.empty());
      for (const Limit& limit : rule.limits) {
        RC_ASSERT(limit.timespan > Duration::zero());
        RC_ASSERT(limit.threshold >= 0);
      }
    }
  });
}

TEST_CASE("damaged settings are settings or a list of faults, and never more than that") {
  const Folder folder;
  const std::string good = read(std::string(NOCI_SOURCE_DIR) + "/config/minimal.yaml") +
                           "metrics: {listen: '127.0.0.1:9469'}\nanalysis: {memory: 512MiB}\n";
  rc::prop("any damage", [&] {
    const std::string text = damaged(good);
    const std::string path = folder.path() + "/noci.yaml";
    std::ofstream(path, std::ios::binary) << text;
    const auto loaded = load_settings(path);
    check_places(loaded.faults, text);
    if (loaded.faults.empty()) {
      RC_ASSERT(!loaded.value.sources.empty());
    }
  });
}
