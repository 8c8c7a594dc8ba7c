#pragma once
// The routes compiled into a trie over path segments: literal edges in one hash table, at most one
// wildcard edge a node. Finding a route costs a look-up per segment whatever the number of routes;
// backtracking is bounded by the few nodes that have both a literal and a wildcard edge.

#include <array>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string_view>
#include <vector>

#include "parse/endpoint_table.hpp"

namespace noci::routing {

/// What a wildcard of a route captures.
enum class Capture : std::uint8_t { none, room, user, media, server, type, key };

/// More than any route has.
inline constexpr std::size_t max_wildcards = 8;

/// A path cut at its slashes, without the leading one. Of a path deeper than any route the first
/// `max_depth` segments, and `cut` says that there was more.
struct Segments {
  static constexpr std::size_t max_depth = 16;
  std::array<std::string_view, max_depth> items;
  std::size_t count = 0;
  bool cut = false;
};

/// `path` begins with a slash.
[[nodiscard]] Segments split_path(std::string_view path);

/// How a fixed segment is compared.
enum class Spelling : std::uint8_t {
  literal,
  decoded,    ///< segments were decoded first: only routes of a resource tree count
  loose_dots  ///< Synapse's `org.matrix.mscNNNN` has unescaped dots: any character matches there
};

struct Found {
  Action action = Action::unknown;  ///< unknown: no route
  std::array<Capture, max_wildcards> captures{};
  std::array<std::uint8_t, max_wildcards> segments{};  ///< which segment each capture is
  std::size_t count = 0;
  std::size_t matched = 0;  ///< segments the route accounts for; what follows is its open end
};

class Trie {
 public:
  explicit Trie(std::initializer_list<std::span<const Route>> tables);

  /// `method` is one bit of Methods.
  [[nodiscard]] Found find(const Segments& segments, Methods method, Spelling spelling) const;

 private:
  using NodeIndex = std::uint32_t;
  static constexpr NodeIndex nowhere = 0xffffffff;

  /// Where a route ends. `open`: whatever follows is accepted.
  struct End {
    Methods methods = 0;
    bool open = false;
    bool tree = false;
    Action action = Action::unknown;
    std::array<Capture, max_wildcards> captures{};
    std::size_t count = 0;
  };

  struct Named {
    std::string_view literal;
    NodeIndex node = nowhere;
  };

  struct Node {
    std::vector<Named> literals;
    std::vector<Named> prefixes;  ///< literals after which anything may follow within the segment
    NodeIndex wildcard = nowhere;
    std::vector<End> ends;
  };

  struct Edge {
    NodeIndex from = nowhere;
    Named to;
  };

  struct Walk;

  void link_prefixes();
  void add(const Route& route);
  void add_path(NodeIndex from, const std::vector<std::string_view>& path, End end);
  NodeIndex literal_child(NodeIndex from, std::string_view literal);
  NodeIndex wildcard_child(NodeIndex from);
  NodeIndex path_to(std::string_view path);
  void index_edges();

  [[nodiscard]] NodeIndex follow(NodeIndex from, std::string_view literal) const;
  bool walk_from(NodeIndex from, std::size_t depth, Walk& walk) const;
  bool walk_literals(NodeIndex from, std::size_t depth, Walk& walk) const;
  bool walk_dotted(const Node& node, std::size_t depth, Walk& walk) const;
  [[nodiscard]] bool accept(const Node& node, std::size_t depth, bool open_only, Walk& walk) const;

  std::vector<Node> nodes_;
  std::vector<Edge> edges_;  ///< open addressing, at most half full
  std::size_t longest_literal_ = 0;
};

}  // namespace noci::routing
