#include "detect/agent.hpp"

#include <algorithm>

namespace noci::detect {
namespace {

constexpr std::size_t longest = 256;

/// Reads a comment from behind its `(`, up to behind the `)` that closes it; gives its first item.
std::string_view read_comment(std::string_view& rest) {
  int depth = 1;
  std::size_t first = std::string_view::npos;
  std::size_t end = 0;
  for (; end < rest.size(); ++end) {
    const char c = rest[end];
    depth += c == '(' ? 1 : c == ')' ? -1 : 0;
    if (depth == 0) {
      break;
    }
    if (c == ';') {
      first = std::min(first, end);
    }
  }
  const std::string_view item = rest.substr(0, std::min(first, end));
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return item;
}

}  // namespace

std::string product_of(std::string_view user_agent) {
  std::string product;
  bool has_comment = false;
  std::string_view rest = user_agent;
  while (!rest.empty() && product.size() < longest) {
    if (rest.front() == ' ') {
      rest.remove_prefix(1);
      continue;
    }
    if (rest.front() == '(') {
      rest.remove_prefix(1);
      const std::string_view item = read_comment(rest);
      if (!has_comment) {
        product += (product.empty() ? "(" : " (") + std::string(item) + ")";
      }
      has_comment = true;
      continue;
    }
    const std::string_view token = rest.substr(0, rest.find_first_of(" ("));
    product += (product.empty() ? "" : " ") + std::string(token.substr(0, token.find('/')));
    rest.remove_prefix(token.size());
  }
  product.resize(std::min(product.size(), longest));
  return product;
}

}  // namespace noci::detect
