#pragma once
// What clients can put where, as generators, and genuine lines with damage done to them.

#include <fstream>
#include <string>
#include <vector>

#include <rapidcheck.h>

namespace noci::test {

/// Fragments that a parser could trip over.
inline rc::Gen<std::string> fragment() {
  return rc::gen::element<std::string>(
      "\"", "\" [0 dbevts]", "} Processed request: ", "{", "}", " - 8008 - {", " - ", "- ",
      "@bystander:hs.test", "0.001sec/0.000sec (0.001sec", " 200 \"GET /x HTTP/1.1\" \"", "\\",
      "\\n", "\x1b[0m", std::string(1, '\0'), "\x0b", "\x1c", "\xc2\x85", "\xe2\x80\xa8", "%0A",
      "?", "&limit=3", "a", "/", ":", "|", "1.2.3.4", "\t", "-", "None", "HTTP/1.1\"",
      "2031-01-01 00:00:00,000 - synapse.access.http.8008 - 465 - INFO - GET-9 - ");
}

/// Any text of such fragments without the bytes in `forbidden`.
inline rc::Gen<std::string> text_without(std::string forbidden) {
  return rc::gen::map(rc::gen::container<std::vector<std::string>>(fragment()),
                      [forbidden = std::move(forbidden)](const std::vector<std::string>& parts) {
                        std::string text;
                        for (const std::string& part : parts) {
                          for (const char c : part) {
                            if (forbidden.find(c) == std::string::npos) {
                              text += c;
                            }
                          }
                        }
                        return text;
                      });
}

/// Every 40th line of a genuine log: all kinds of records, few enough to be fast.
inline const std::vector<std::string>& genuine_lines() {
  static const std::vector<std::string> lines = [] {
    std::vector<std::string> kept;
    for (const char* name : {"homeserver.log", "homeserver.json.log"}) {
      std::ifstream file(std::string(NOCI_SOURCE_DIR "/tests/corpus/synapse-v1.98.0/") + name);
      std::string line;
      for (int number = 0; std::getline(file, line); ++number) {
        if (number % 40 == 0 && line.size() < 4000) {
          kept.push_back(line);
        }
      }
    }
    return kept;
  }();
  return lines;
}

/// A genuine line, whole or with a few things done to it.
inline std::string damaged_line() {
  std::string line = *rc::gen::elementOf(genuine_lines());
  const int times = *rc::gen::inRange(0, 4);
  for (int i = 0; i < times; ++i) {
    const auto at = *rc::gen::inRange<std::size_t>(0, line.size() + 1);
    const auto length = *rc::gen::inRange<std::size_t>(0, 20);
    switch (*rc::gen::inRange(0, 4)) {
      case 0:
        line.insert(at, *fragment());
        break;
      case 1:
        line.erase(at, length);
        break;
      case 2:
        line.resize(at);
        break;
      default:
        if (at < line.size()) {
          line[at] = *rc::gen::arbitrary<char>();
        }
    }
  }
  return line;
}

}  // namespace noci::test
