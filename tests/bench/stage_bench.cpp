// What each stage costs, alone and without a disk: CPU nanoseconds per line of a log in memory.
//   stage_bench LOG [--stage NAME] [--rounds N] [--rules DIR]
// `framing` and `parse` include what comes before them; `classify` is the endpoint of every access
// line's URI alone; `reader` is all up to the events; `pipeline` counts them under the shipped
// rules; `engine` is the difference. The least of the rounds: whatever else runs only adds.

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>
#include <vector>

#include "parse/endpoint.hpp"
#include "parse/frame.hpp"
#include "parse/parser.hpp"
#include "pipeline/pipeline.hpp"
#include "settings/rules.hpp"

using namespace noci;

namespace {

constexpr std::size_t block = std::size_t{256} << 10;

double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

struct Input {
  std::string log;
  std::string rules = NOCI_SOURCE_DIR "/rules";
  std::size_t lines = 0;
};

/// As the daemon would hand the log over.
void each_chunk(const Input& input, const std::function<void(const Chunk&)>& feed) {
  for (std::size_t at = 0; at <= input.log.size(); at += block) {
    Chunk chunk;
    chunk.bytes = std::string_view(input.log).substr(at, block);
    chunk.path = "homeserver.log";
    chunk.offset = at;
    chunk.end_of_stream = at + block > input.log.size();
    feed(chunk);
  }
}

std::vector<SourceInfo> sources() {
  SourceInfo source;
  source.name = "homeserver.log";
  return {source};
}

std::size_t run_framing(const Input& input) {
  Framer framer;
  std::size_t sum = 0;
  each_chunk(input, [&](const Chunk& chunk) {
    framer.push(chunk, [&](std::string_view line, Position, bool) { sum += line.size(); });
  });
  return sum;
}

std::size_t run_parse(const Input& input) {
  Framer framer;
  Parser parser(sources().front());
  Arena arena;
  std::size_t sum = 0;
  each_chunk(input, [&](const Chunk& chunk) {
    framer.push(chunk, [&](std::string_view line, Position position, bool) {
      arena.clear();
      const ParsedLine parsed = parser.parse({line, 0, position, {}}, arena);
      sum += static_cast<std::size_t>(parsed.event.bytes.value_or(0));
    });
  });
  return sum;
}

std::size_t run_classify(const std::vector<std::pair<std::string, std::string>>& requests) {
  Arena arena;
  std::size_t sum = 0;
  for (const auto& [method, uri] : requests) {
    arena.clear();
    const std::size_t mark = std::min(uri.find('?'), uri.size());
    const std::string_view view = uri;
    sum += static_cast<std::size_t>(
        classify(method, view.substr(0, mark), view.substr(std::min(mark + 1, view.size())), arena)
            .action);
  }
  return sum;
}

std::vector<std::pair<std::string, std::string>> requests_of(const Input& input) {
  std::vector<std::pair<std::string, std::string>> requests;
  Framer framer;
  Parser parser(sources().front());
  Arena arena;
  each_chunk(input, [&](const Chunk& chunk) {
    framer.push(chunk, [&](std::string_view line, Position position, bool) {
      arena.clear();
      const ParsedLine parsed = parser.parse({line, 0, position, {}}, arena);
      if (parsed.is_access) {
        requests.emplace_back(parsed.event.method, std::string(parsed.event.path) + "?" +
                                                       std::string(parsed.event.query));
      }
    });
  });
  return requests;
}

std::size_t run_reader(const Input& input) {
  EventReader reader(sources());
  std::size_t sum = 0;
  each_chunk(input, [&](const Chunk& chunk) {
    reader.feed(chunk, [&](Event& event) { sum += static_cast<std::size_t>(event.kind); });
  });
  return sum;
}

std::size_t run_pipeline(const Input& input, const std::shared_ptr<const RuleSet>& rules) {
  PipelineOptions options;
  options.sources = sources();
  Pipeline pipeline(std::move(options), rules);
  std::vector<Alert> alerts;
  std::size_t changes = 0;
  each_chunk(input, [&](const Chunk& chunk) {
    pipeline.feed(chunk, alerts);
    changes += alerts.size();
    alerts.clear();
  });
  const EngineStats& stats = pipeline.engine_stats();
  std::printf("  # %zu state changes, %llu keys, %.0f bytes a key\n", changes,
              static_cast<unsigned long long>(stats.keys),
              static_cast<double>(stats.memory_bytes) / static_cast<double>(stats.keys));
  return changes;
}

double measure(const char* name, std::size_t lines, int rounds,
               const std::function<std::size_t()>& run) {
  double least = 1e9;
  for (int i = 0; i < rounds; ++i) {
    const double begin = cpu_seconds();
    if (run() == static_cast<std::size_t>(-1)) {
      std::puts("never");  // the result is used
    }
    least = std::min(least, cpu_seconds() - begin);
  }
  const double each = least * 1e9 / static_cast<double>(std::max<std::size_t>(lines, 1));
  std::printf("%-9s %8.1f ns/line\n", name, each);
  std::fflush(stdout);
  return each;
}

}  // namespace

int main(int argc, char** argv) {
  Input input;
  std::string stage;
  int rounds = 3;
  for (int i = 2; i + 1 < argc; i += 2) {
    const std::string_view name = argv[i];
    if (name == "--stage") {
      stage = argv[i + 1];
    } else if (name == "--rounds") {
      rounds = std::atoi(argv[i + 1]);
    } else if (name == "--rules") {
      input.rules = argv[i + 1];
    }
  }
  std::ifstream file(argc > 1 ? argv[1] : "");
  if (!file) {
    std::fputs("usage: stage_bench LOG [--stage NAME] [--rounds N] [--rules DIR]\n", stderr);
    return 2;
  }
  input.log.assign(std::istreambuf_iterator<char>(file), {});
  input.lines = static_cast<std::size_t>(std::count(input.log.begin(), input.log.end(), '\n'));
  RuleDirs dirs;
  dirs.rules = {input.rules};
  dirs.lists = {NOCI_SOURCE_DIR "/rules/lists"};
  const auto rules = std::make_shared<const RuleSet>(std::move(load_rules(dirs).value));
  const auto wanted = [&](const char* name) { return stage.empty() || stage == name; };
  if (wanted("framing")) {
    measure("framing", input.lines, rounds, [&] { return run_framing(input); });
  }
  if (wanted("parse")) {
    measure("parse", input.lines, rounds, [&] { return run_parse(input); });
  }
  if (wanted("classify")) {
    const auto requests = requests_of(input);
    measure("classify", requests.size(), rounds, [&] { return run_classify(requests); });
  }
  double reader = 0;
  if (wanted("reader") || wanted("engine")) {
    reader = measure("reader", input.lines, rounds, [&] { return run_reader(input); });
  }
  if (wanted("pipeline") || wanted("engine")) {
    const double all =
        measure("pipeline", input.lines, rounds, [&] { return run_pipeline(input, rules); });
    if (reader > 0) {
      std::printf("%-9s %8.1f ns/line\n", "engine", all - reader);
    }
  }
  return 0;
}
