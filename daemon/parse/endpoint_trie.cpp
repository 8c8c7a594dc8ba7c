#include "parse/endpoint_trie.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

#include "parse/find_byte.hpp"

namespace noci::routing {
namespace {

/// Eight bytes at a time. The table is fixed and a look-up never inserts, so hostile segments
/// cannot crowd it.
std::uint64_t hash_of(std::uint32_t from, std::string_view literal) {
  constexpr std::uint64_t odd = 0x9e3779b97f4a7c15ULL;
  std::uint64_t hash = (from + 1) * odd ^ literal.size();
  while (literal.size() >= sizeof(std::uint64_t)) {
    std::uint64_t word = 0;
    std::memcpy(&word, literal.data(), sizeof word);
    hash = (std::rotl(hash, 23) ^ word) * odd;
    literal.remove_prefix(sizeof word);
  }
  std::uint64_t rest = 0;
  for (const char c : literal) {
    rest = rest << 8 | static_cast<unsigned char>(c);
  }
  hash = (std::rotl(hash, 23) ^ rest) * odd;
  return hash ^ (hash >> 32);
}

/// `text` begins with `literal` where a dot of the literal stands for any character.
bool begins_loosely(std::string_view text, std::string_view literal) {
  return text.size() >= literal.size() &&
         std::equal(literal.begin(), literal.end(), text.begin(),
                    [](char expected, char c) { return expected == c || expected == '.'; });
}

}  // namespace

/// One search: where it is, and the wildcards it has passed.
struct Trie::Walk {
  const Segments& segments;
  Methods method;
  Spelling spelling;
  std::array<std::uint8_t, Segments::max_depth> wildcards{};
  std::size_t count = 0;
  Found found;
};

Segments split_path(std::string_view path) {
  Segments segments;
  path.remove_prefix(1);
  while (true) {
    const std::string_view segment = path.substr(0, find_byte(path, '/'));
    segments.items[segments.count++] = segment;
    if (segment.size() == path.size()) {
      return segments;
    }
    path.remove_prefix(segment.size() + 1);
    if (segments.count == Segments::max_depth) {
      segments.cut = true;
      return segments;
    }
  }
}

Found Trie::find(const Segments& segments, Methods method, Spelling spelling) const {
  Walk walk{segments, method, spelling, {}, 0, {}};
  walk_from(0, 0, walk);
  return walk.found;
}

void Trie::index_edges() {
  std::size_t edges = 0;
  for (const Node& node : nodes_) {
    edges += node.literals.size();
  }
  edges_.resize(std::bit_ceil(2 * edges));
  for (NodeIndex from = 0; from < nodes_.size(); ++from) {
    for (const Named& to : nodes_[from].literals) {
      longest_literal_ = std::max(longest_literal_, to.literal.size());
      std::size_t slot = hash_of(from, to.literal) & (edges_.size() - 1);
      while (edges_[slot].from != nowhere) {
        slot = (slot + 1) & (edges_.size() - 1);
      }
      edges_[slot] = {from, to};
    }
  }
}

Trie::NodeIndex Trie::follow(NodeIndex from, std::string_view literal) const {
  if (literal.size() > longest_literal_ || nodes_[from].literals.empty()) {
    return nowhere;
  }
  std::size_t slot = hash_of(from, literal) & (edges_.size() - 1);
  while (edges_[slot].from != nowhere) {
    if (edges_[slot].from == from && edges_[slot].to.literal == literal) {
      return edges_[slot].to.node;
    }
    slot = (slot + 1) & (edges_.size() - 1);
  }
  return nowhere;
}

/// Literal before prefix before wildcard before open end: the closest description wins.
bool Trie::walk_from(NodeIndex from, std::size_t depth, Walk& walk) const {
  const Node& node = nodes_[from];
  if (depth == walk.segments.count) {
    return accept(node, depth, walk.segments.cut, walk);
  }
  if (walk_literals(from, depth, walk)) {
    return true;
  }
  if (node.wildcard != nowhere) {
    walk.wildcards[walk.count++] = static_cast<std::uint8_t>(depth);
    if (walk_from(node.wildcard, depth + 1, walk)) {
      return true;
    }
    --walk.count;
  }
  return accept(node, depth, true, walk);
}

bool Trie::walk_literals(NodeIndex from, std::size_t depth, Walk& walk) const {
  const Node& node = nodes_[from];
  const std::string_view segment = walk.segments.items[depth];
  if (const NodeIndex next = follow(from, segment);
      next != nowhere && walk_from(next, depth + 1, walk)) {
    return true;
  }
  for (const Named& prefix : node.prefixes) {
    if (segment.starts_with(prefix.literal) && accept(nodes_[prefix.node], depth + 1, true, walk)) {
      return true;
    }
  }
  return walk.spelling == Spelling::loose_dots && walk_dotted(node, depth, walk);
}

/// A dot of the pattern also matches a slash, so a literal may span several segments.
bool Trie::walk_dotted(const Node& node, std::size_t depth, Walk& walk) const {
  const Segments& segments = walk.segments;
  const std::string_view last = segments.items[segments.count - 1];
  const char* const begin = segments.items[depth].data();
  const std::string_view rest(begin, static_cast<std::size_t>(last.data() + last.size() - begin));
  for (const Named& named : node.literals) {
    if (named.literal.find('.') == std::string_view::npos || !begins_loosely(rest, named.literal) ||
        (rest.size() > named.literal.size() && rest[named.literal.size()] != '/')) {
      continue;
    }
    const std::string_view spanned = rest.substr(0, named.literal.size());
    const auto slashes = static_cast<std::size_t>(std::count(spanned.begin(), spanned.end(), '/'));
    if (walk_from(named.node, depth + 1 + slashes, walk)) {
      return true;
    }
  }
  return false;
}

bool Trie::accept(const Node& node, std::size_t depth, bool open_only, Walk& walk) const {
  for (const End& end : node.ends) {
    if ((end.methods & walk.method) == 0 || (open_only && !end.open) ||
        (walk.spelling == Spelling::decoded && !end.tree) ||
        (walk.spelling == Spelling::loose_dots && end.tree)) {
      continue;
    }
    walk.found.action = end.action;
    walk.found.captures = end.captures;
    walk.found.count = end.count;
    walk.found.matched = depth;
    std::copy_n(walk.wildcards.begin(), end.count, walk.found.segments.begin());
    return true;
  }
  return false;
}

}  // namespace noci::routing
