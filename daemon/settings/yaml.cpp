#include "settings/yaml.hpp"

#include <map>
#include <set>
#include <sstream>
#include <utility>

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

namespace noci {
namespace {

using Shape = YamlNode::Shape;

constexpr std::size_t deepest = 24;         // a rule nests about six deep
constexpr std::size_t most_nodes = 50'000;  // a large rule has a few hundred
// What aliases may repeat: the "billion laughs" stop here.
constexpr std::size_t most_repeated_bytes = std::size_t{1} << 20;

/// Thrown out of yaml-cpp's recursion, caught in parse_yaml.
struct Refused {
  Place place;
  std::string code;
  std::string what;
  std::string help;
};

Place place_of(const YAML::Mark& mark) {
  return {mark.line + 1, mark.column + 1};
}

class Builder : public YAML::EventHandler {
 public:
  explicit Builder(Report& report) : report_(report) {}

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++documents_ > 1) {
      throw Refused{place_of(mark), "syntax", "a second document begins here",
                    "one file holds one document"};
    }
  }

  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    add(made(Shape::null, mark), anchor);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    YamlNode node = made(Shape::scalar, mark);
    node.text = value;
    node.quoted = tag == "!" || tag == "tag:yaml.org,2002:str";
    // yaml-cpp leaves it to its converters to see these as nothing.
    if (!node.quoted && (value.empty() || value == "~" || value == "null")) {
      node.shape = Shape::null;
    }
    add(std::move(node), anchor);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) {
      throw Refused{place_of(mark), "alias", "an alias stands inside what it refers to",
                    "write the value out"};
    }
    repeat(found->second, mark, open_.size());
    YamlNode node = found->second;
    node.place = place_of(mark);
    add(std::move(node), 0);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(Shape::list, mark, anchor);
  }

  void OnSequenceEnd() override { close(); }

  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(Shape::map, mark, anchor);
  }

  void OnMapEnd() override { close(); }

  [[nodiscard]] YamlNode take() { return std::move(root_); }

 private:
  struct Open {
    YamlNode node;
    YAML::anchor_t anchor;
    std::optional<YamlNode> key;  // of a map, waiting for its value
    std::set<std::string> seen_keys;
  };

  YamlNode made(Shape shape, const YAML::Mark& mark) {
    if (++nodes_ > most_nodes) {
      throw Refused{place_of(mark), "too-large",
                    "the file has more than " + std::to_string(most_nodes) + " values",
                    "split it into several files"};
    }
    YamlNode node;
    node.shape = shape;
    node.place = place_of(mark);
    return node;
  }

  void open(Shape shape, const YAML::Mark& mark, YAML::anchor_t anchor) {
    if (open_.size() >= deepest) {
      throw Refused{place_of(mark), "too-deep",
                    "nested more than " + std::to_string(deepest) + " levels deep",
                    "no key of noci needs more than eight"};
    }
    open_.push_back({made(shape, mark), anchor, std::nullopt, {}});
  }

  void close() {
    Open done = std::move(open_.back());
    open_.pop_back();
    add(std::move(done.node), done.anchor);
  }

  void add(YamlNode node, YAML::anchor_t anchor) {
    if (anchor != 0) {
      repeat(node, YAML::Mark::null_mark(), open_.size());
      anchors_[anchor] = node;
    }
    if (open_.empty()) {
      root_ = std::move(node);
      return;
    }
    Open& parent = open_.back();
    if (parent.node.shape == Shape::list) {
      parent.node.items.push_back(std::move(node));
    } else if (!parent.key) {
      parent.key = std::move(node);
    } else {
      add_pair(parent, std::move(node));
    }
  }

  void add_pair(Open& map, YamlNode value) {
    YamlNode key = std::move(*map.key);
    map.key.reset();
    if (key.shape != Shape::scalar) {
      report_.fault(key.place, "wrong-type", "a key must be a word", "write `key: value`");
    } else if (!map.seen_keys.insert(key.text).second) {
      report_.fault(key.place, "duplicate-key", "key " + cite(key.text) + " stands here twice",
                    "keep one of them");
    } else {
      map.node.keys.push_back(std::move(key));
      map.node.items.push_back(std::move(value));
    }
  }

  /// Accounts for a copy of `node` that will stand `depth` levels deep.
  void repeat(const YamlNode& node, const YAML::Mark& mark, std::size_t depth) {
    if (depth > deepest) {
      throw Refused{mark.is_null() ? node.place : place_of(mark), "too-deep",
                    "aliases nest more than " + std::to_string(deepest) + " levels deep",
                    "write the values out"};
    }
    repeated_bytes_ += sizeof(YamlNode) + node.text.size();
    if (repeated_bytes_ > most_repeated_bytes) {
      throw Refused{mark.is_null() ? node.place : place_of(mark), "alias",
                    "aliases repeat more than 1 MiB", "write the values out"};
    }
    for (const YamlNode& key : node.keys) {
      repeat(key, mark, depth + 1);
    }
    for (const YamlNode& item : node.items) {
      repeat(item, mark, depth + 1);
    }
  }

  Report& report_;
  YamlNode root_;
  std::vector<Open> open_;
  std::map<YAML::anchor_t, YamlNode> anchors_;
  std::size_t nodes_ = 0;
  std::size_t repeated_bytes_ = 0;
  int documents_ = 0;
};

}  // namespace

std::optional<YamlNode> parse_yaml(const std::string& text, Report& report) {
  Builder builder(report);
  try {
    std::istringstream in(text);
    YAML::Parser parser(in);
    while (parser.HandleNextDocument(builder)) {
    }
    return builder.take();
  } catch (const Refused& refused) {
    report.fault(refused.place, refused.code, refused.what, refused.help);
  } catch (const YAML::Exception& error) {
    report.fault(place_of(error.mark), "syntax", "not valid YAML: " + error.msg,
                 "indent with spaces and put texts with `: `, `#`, `%` or `*` in quotes");
  }
  return std::nullopt;
}

}  // namespace noci
