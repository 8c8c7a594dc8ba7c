#include "app/counting_thread.hpp"

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "app/input_logs.hpp"
#include "settings/rules.hpp"
#include "support/alert_text.hpp"
#include "support/catch.hpp"

using namespace noci;

namespace {

std::string capture() {
  std::ifstream file(NOCI_SOURCE_DIR "/tests/corpus/synapse-v1.98.0/homeserver.log",
                     std::ios::binary);
  REQUIRE(file);
  std::ostringstream bytes;
  bytes << file.rdbuf();
  return bytes.str();
}

std::shared_ptr<const RuleSet> shipped_rules() {
  auto loaded =
      load_rules({{NOCI_SOURCE_DIR "/rules"}, {NOCI_SOURCE_DIR "/rules/lists"}, std::nullopt});
  return std::make_shared<const RuleSet>(std::move(loaded.value));
}

Pipeline fresh_pipeline() {
  PipelineOptions options;
  options.sources = {SourceInfo{}};
  return Pipeline(std::move(options), shipped_rules());
}

template <typename Feed>
void each_chunk(const std::string& log, std::size_t block, Feed feed) {
  for (std::size_t at = 0; at <= log.size(); at += block) {
    Chunk chunk;
    const std::string bytes = log.substr(at, block);  // gone when the next one comes
    chunk.bytes = bytes;
    chunk.path = "homeserver.log";
    chunk.offset = at;
    chunk.end_of_stream = at + block > log.size();
    feed(chunk);
  }
}

}  // namespace

TEST_CASE(
    "a genuine capture counted on another thread gives the alerts and figures of one thread") {
  const std::string log = capture();
  std::string expected;
  Pipeline alone = fresh_pipeline();
  std::vector<Alert> alerts;
  each_chunk(log, 65'536, [&](const Chunk& chunk) { alone.feed(chunk, alerts); });
  for (const Alert& alert : alerts) {
    expected += test::whole(alert) + "\n";
  }
  REQUIRE(alerts.size() > 3);

  for (const std::size_t enough : {std::size_t{1}, std::size_t{300}, std::size_t{1} << 30}) {
    for (const std::size_t block : {std::size_t{1000}, std::size_t{65'536}}) {
      Pipeline pipeline = fresh_pipeline();
      std::string told;
      CountingThread counting(pipeline, enough, [&](const std::vector<Alert>& some) {
        for (const Alert& alert : some) {
          told += test::whole(alert) + "\n";
        }
      });
      each_chunk(log, block, [&](const Chunk& chunk) { counting.feed(chunk); });
      counting.finish();
      CHECK(told == expected);
      CHECK(pipeline.parse_stats().by_action == alone.parse_stats().by_action);
      CHECK(pipeline.parse_stats().records == alone.parse_stats().records);
      CHECK(pipeline.engine_stats().keys == alone.engine_stats().keys);
    }
  }
}
