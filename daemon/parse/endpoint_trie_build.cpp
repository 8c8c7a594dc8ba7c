// Compiling the tables, once at start-up.

#include <algorithm>
#include <utility>

#include "base/result.hpp"
#include "parse/endpoint_trie.hpp"

namespace noci::routing {
namespace {

struct Prefix {
  Base base;
  std::string_view path;
};

/// The first prefix of a base makes its node; the others lead to the same node.
constexpr std::array prefixes{
    Prefix{Base::client, "_matrix/client/v3"},
    Prefix{Base::client, "_matrix/client/api/v1"},
    Prefix{Base::client, "_matrix/client/r0"},
    Prefix{Base::client, "_matrix/client/v1"},
    Prefix{Base::client, "_matrix/client/unstable"},
    Prefix{Base::media, "_matrix/media/v3"},
    Prefix{Base::media, "_matrix/media/r0"},
    Prefix{Base::media, "_matrix/media/v1"},
    Prefix{Base::federation, "_matrix/federation/v1"},
    Prefix{Base::federation, "_matrix/federation/v2"},
    Prefix{Base::federation, "_matrix/federation/unstable"},
    Prefix{Base::admin, "_synapse/admin/v1"},
    Prefix{Base::admin, "_synapse/admin/v2"},
    Prefix{Base::admin, "_synapse/admin/v3"},
    Prefix{Base::admin, "_matrix/client/v3/admin"},
};

std::string_view prefix_of(Base base) {
  const auto found = std::find_if(prefixes.begin(), prefixes.end(),
                                  [&](const Prefix& prefix) { return prefix.base == base; });
  return found == prefixes.end() ? std::string_view() : found->path;
}

constexpr std::array capture_names{
    std::pair(std::string_view("{}"), Capture::none),
    std::pair(std::string_view("{room}"), Capture::room),
    std::pair(std::string_view("{user}"), Capture::user),
    std::pair(std::string_view("{media}"), Capture::media),
    std::pair(std::string_view("{server}"), Capture::server),
    std::pair(std::string_view("{type}"), Capture::type),
    std::pair(std::string_view("{key}"), Capture::key),
};

Capture capture_named(std::string_view segment) {
  const auto* const found = std::find_if(capture_names.begin(), capture_names.end(),
                                         [&](const auto& known) { return known.first == segment; });
  NOCI_CHECK(found != capture_names.end());
  return found->second;
}

bool take_suffix(std::string_view& text, std::string_view suffix) {
  if (!text.ends_with(suffix)) {
    return false;
  }
  text.remove_suffix(suffix.size());
  return true;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(separator, begin), text.size());
    parts.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

/// `a/b|c` is two paths.
std::vector<std::vector<std::string_view>> alternatives(std::string_view path) {
  std::vector<std::vector<std::string_view>> paths(1);
  for (const std::string_view segment : split(path, '/')) {
    std::vector<std::vector<std::string_view>> longer;
    for (const std::string_view choice : split(segment, '|')) {
      for (const auto& so_far : paths) {
        longer.push_back(so_far);
        longer.back().push_back(choice);
      }
    }
    paths = std::move(longer);
  }
  return paths;
}

}  // namespace

Trie::Trie(std::initializer_list<std::span<const Route>> tables) {
  nodes_.emplace_back();
  link_prefixes();
  for (const std::span<const Route> table : tables) {
    for (const Route& route : table) {
      add(route);
    }
  }
  index_edges();
}

void Trie::link_prefixes() {
  for (const Prefix& prefix : prefixes) {
    const NodeIndex shared = path_to(prefix_of(prefix.base));
    if (prefix.path == prefix_of(prefix.base)) {
      continue;
    }
    const auto slash = prefix.path.rfind('/');
    const NodeIndex from = path_to(prefix.path.substr(0, slash));
    nodes_[from].literals.push_back({prefix.path.substr(slash + 1), shared});
  }
}

void Trie::add(const Route& route) {
  std::string_view text = route.path;
  End end;
  end.methods = route.methods & any;
  end.tree = is_tree(route.base);
  end.action = route.action;
  const bool optional_slash = take_suffix(text, "/?");
  end.open = take_suffix(text, "*");
  const bool twins = (route.methods & transaction) != 0;
  const NodeIndex base = path_to(prefix_of(route.base));
  for (std::vector<std::string_view>& path : alternatives(text)) {
    if (twins) {
      end.methods = post;
    }
    add_path(base, path, end);
    if (twins) {
      end.methods = put;
      path.emplace_back("{}");
      add_path(base, path, end);
    } else if (optional_slash) {
      path.emplace_back("");
      add_path(base, path, end);
    }
  }
}

void Trie::add_path(NodeIndex from, const std::vector<std::string_view>& path, End end) {
  NodeIndex parent = from;
  for (const std::string_view segment : path) {
    parent = from;
    if (segment.starts_with('{')) {
      NOCI_CHECK(end.count < max_wildcards);
      end.captures[end.count++] = capture_named(segment);
      from = wildcard_child(from);
    } else {
      from = literal_child(from, segment);
    }
  }
  if (end.open && !end.tree && !path.back().starts_with('{')) {
    nodes_[parent].prefixes.push_back({path.back(), from});
  }
  nodes_[from].ends.push_back(end);
}

Trie::NodeIndex Trie::literal_child(NodeIndex from, std::string_view literal) {
  for (const Named& known : nodes_[from].literals) {
    if (known.literal == literal) {
      return known.node;
    }
  }
  const auto fresh = static_cast<NodeIndex>(nodes_.size());
  nodes_[from].literals.push_back({literal, fresh});
  nodes_.emplace_back();
  return fresh;
}

Trie::NodeIndex Trie::wildcard_child(NodeIndex from) {
  if (nodes_[from].wildcard == nowhere) {
    nodes_[from].wildcard = static_cast<NodeIndex>(nodes_.size());
    nodes_.emplace_back();
  }
  return nodes_[from].wildcard;
}

Trie::NodeIndex Trie::path_to(std::string_view path) {
  NodeIndex node = 0;
  if (!path.empty()) {
    for (const std::string_view segment : split(path, '/')) {
      node = literal_child(node, segment);
    }
  }
  return node;
}

}  // namespace noci::routing
