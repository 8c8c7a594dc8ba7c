#include "base/percent_format.hpp"

#include <algorithm>
#include <array>

namespace noci {
namespace {

constexpr std::size_t longest_format = 512;
constexpr std::size_t widest = 256;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

void add_literal(std::vector<FormatPiece>& pieces, char c) {
  if (pieces.empty() || pieces.back().is_word) {
    pieces.push_back({});
  }
  pieces.back().text.push_back(c);
}

/// `(name)-8.3s` behind a percent sign.
Result<FormatPiece> take_word(std::string_view& rest) {
  const std::string_view whole = rest;
  const std::size_t close = rest.find(')');
  if (!rest.starts_with('(') || close == std::string_view::npos || close == 1) {
    return failure("a '%' is followed by neither '(word)' nor '%'");
  }
  FormatPiece piece;
  piece.is_word = true;
  piece.text = rest.substr(1, close - 1);
  rest.remove_prefix(close + 1);
  while (!rest.empty() && std::string_view("-+ #0").find(rest.front()) != std::string_view::npos) {
    piece.left = piece.left || rest.front() == '-';
    rest.remove_prefix(1);
  }
  for (; !rest.empty() && is_digit(rest.front()) && piece.width <= widest; rest.remove_prefix(1)) {
    piece.width = piece.width * 10 + static_cast<std::size_t>(rest.front() - '0');
  }
  if (rest.starts_with('.')) {
    rest.remove_prefix(1);
    while (!rest.empty() && is_digit(rest.front())) {
      rest.remove_prefix(1);
    }
  }
  if (piece.width > widest || rest.empty() ||
      std::string_view("sdifr").find(rest.front()) == std::string_view::npos) {
    return failure("'%" + std::string(whole.substr(0, close + 1)) +
                   "' needs a conversion such as 's' behind it");
  }
  rest.remove_prefix(1);
  return piece;
}

/// Words whose text shows by itself where it ends.
bool has_shape(std::string_view word) {
  constexpr std::array<std::string_view, 9> shaped{"asctime", "levelname", "levelno",
                                                   "lineno",  "msecs",     "created",
                                                   "process", "thread",    "relativeCreated"};
  return std::find(shaped.begin(), shaped.end(), word) != shaped.end();
}

}  // namespace

Result<std::vector<FormatPiece>> parse_percent_format(std::string_view format) {
  if (format.size() > longest_format) {
    return failure("the format is longer than " + std::to_string(longest_format) + " characters");
  }
  std::vector<FormatPiece> pieces;
  while (!format.empty()) {
    const char c = format.front();
    format.remove_prefix(1);
    if (c != '%' || format.starts_with('%')) {
      format.remove_prefix(c == '%' ? 1 : 0);
      add_literal(pieces, c);
      continue;
    }
    auto word = take_word(format);
    if (!word) {
      return tl::unexpected(word.error());
    }
    pieces.push_back(std::move(*word));
  }
  return pieces;
}

Result<std::vector<FormatPiece>> parse_log_prefix(std::string_view format) {
  auto pieces = parse_percent_format(format);
  if (!pieces) {
    return pieces;
  }
  bool has_name = false;
  for (std::size_t i = 0; i < pieces->size(); ++i) {
    const FormatPiece& piece = (*pieces)[i];
    const bool is_last = i + 1 == pieces->size();
    has_name = has_name || (piece.is_word && piece.text == "name");
    if (piece.is_word && piece.text == "message" && !is_last) {
      return failure("something follows '%(message)s'");
    }
    if (piece.is_word && piece.text != "message" && !has_shape(piece.text) &&
        (is_last || (*pieces)[i + 1].is_word)) {
      return failure("nothing shows where '%(" + piece.text + ")s' ends");
    }
  }
  if (!has_name) {
    return failure("'%(name)s' is missing, without which access lines cannot be told from others");
  }
  return pieces;
}

}  // namespace noci
