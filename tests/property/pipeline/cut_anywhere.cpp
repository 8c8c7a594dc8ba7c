// Proofs 3 to 5 of CONTRIBUTING: a pipeline that was saved and restored anywhere in a genuine
// capture says what an uninterrupted one says, and the size of the reads never shows.

#include <fstream>
#include <iterator>
#include <random>

#include "notify/payload.hpp"
#include "pipeline/pipeline.hpp"
#include "settings/rules.hpp"
#include "support/catch.hpp"
#include "support/kept_states.hpp"
#include "support/rule_builder.hpp"

using namespace noci;

namespace {

const std::string source_dir = NOCI_SOURCE_DIR;

std::string read_corpus(const std::string& name) {
  std::ifstream in(source_dir + "/tests/corpus/synapse-v1.98.0/" + name, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::shared_ptr<const RuleSet> shipped_rules() {
  RuleDirs dirs;
  dirs.rules = {source_dir + "/rules"};
  dirs.lists = {source_dir + "/rules/lists"};
  auto loaded = load_rules(dirs);
  REQUIRE(loaded.faults.empty());
  // And one that tells whenever a request is linked, so that a lost link would show.
  loaded.value.rules.push_back(test::RuleBuilder("linked")
                                   .by({Field::actor_id, Field::source_network})
                                   .matching({test::equals(Field::actor_linked, {"true"})})
                                   .events(std::chrono::minutes{1}, 0)
                                   .resolve_after(std::chrono::seconds{1}));
  return std::make_shared<const RuleSet>(std::move(loaded.value));
}

Pipeline make_pipeline(const std::shared_ptr<const RuleSet>& rules) {
  PipelineOptions options;
  options.sources = {{"synapse", "", "", LineFormat::detect, Zone::utc()}};
  return Pipeline(std::move(options), rules);
}

/// Feeds `log` from `begin` to `end` in reads of at most `block` bytes and gives what was said.
void feed(Pipeline& pipeline, std::string_view log, Position begin, std::uint64_t end,
          std::size_t block, std::vector<std::string>& said) {
  const Node node{"test", "", "", ""};
  for (std::uint64_t at = begin.offset; at < end; at += block) {
    Chunk chunk;
    chunk.bytes = log.substr(at, std::min<std::uint64_t>(block, end - at));
    chunk.path = "homeserver.log";
    chunk.stream = 1;
    chunk.offset = at;
    chunk.line = begin.line;
    std::vector<Alert> alerts;
    pipeline.feed(chunk, alerts);
    for (const Alert& alert : alerts) {
      said.push_back(payload_json(alert, node));
    }
  }
}

std::vector<std::string> uninterrupted(const std::shared_ptr<const RuleSet>& rules,
                                       std::string_view log, std::size_t block) {
  std::vector<std::string> said;
  Pipeline pipeline = make_pipeline(rules);
  feed(pipeline, log, {0, 1}, log.size(), block, said);
  return said;
}

}  // namespace

TEST_CASE("the size of a read never shows in the alerts") {
  const auto rules = shipped_rules();
  const std::string log = read_corpus("homeserver.log");
  const auto whole = uninterrupted(rules, log, log.size());
  REQUIRE_FALSE(whole.empty());
  REQUIRE(uninterrupted(rules, log, 777) == whole);
  REQUIRE(uninterrupted(rules, log, 65536) == whole);
}

TEST_CASE("run, save, restore and run on says what an uninterrupted run says") {
  const auto rules = shipped_rules();
  for (const char* name : {"homeserver.log", "homeserver.json.log"}) {
    CAPTURE(name);
    const std::string log = read_corpus(name);
    const auto whole = uninterrupted(rules, log, 65536);
    std::mt19937 random(20261122);
    for (int run = 0; run < 6; ++run) {
      std::vector<std::string> said;
      testing::KeptStates kept;
      Position position{0, 1};
      // Cut at a few random bytes, in the middle of lines too; commits pile up as in the database.
      while (position.offset < log.size()) {
        Pipeline pipeline = make_pipeline(rules);
        REQUIRE((kept.commits() == 0 || kept.restore(pipeline).has_value()));
        const std::uint64_t step = 1 + random() % (log.size() / 3);
        std::uint64_t cut = std::min<std::uint64_t>(log.size(), position.offset + step);
        feed(pipeline, log, position, cut, 1 + random() % 40000, said);
        if (pipeline.consumed(1).offset <= position.offset) {
          continue;  // no line ended: nothing to commit
        }
        position = pipeline.consumed(1);
        testing::commit(pipeline, kept);
      }
      REQUIRE(said == whole);
    }
  }
}
