#include "notify/template.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <optional>
#include <utility>
#include <vector>

#include <boost/json.hpp>

#include "base/text.hpp"
#include "notify/payload.hpp"

namespace noci {
namespace {

namespace json = boost::json;

/// A stretch of literal text, or a placeholder.
struct Piece {
  bool is_placeholder = false;
  std::string text;  ///< the literal, or the path
  std::optional<std::string> fallback;
  bool chat = false;
};

std::string_view view_of(const json::string& text) {
  return {text.data(), text.size()};
}

// --- paths -----------------------------------------------------------------------------------

const json::value* find(const json::value& from, std::string_view path, bool any_index);

/// Keys of evidence.top hold dots themselves (`source.ip`), so every border is tried.
const json::value* find_in(const json::object& object, std::string_view path, bool any_index) {
  for (std::size_t end = path.find('.');; end = path.find('.', end + 1)) {
    const std::string_view key = path.substr(0, end);
    if (const json::value* next = object.if_contains(key)) {
      if (end == std::string_view::npos) {
        return next;
      }
      if (const json::value* found = find(*next, path.substr(end + 1), any_index)) {
        return found;
      }
    }
    if (end == std::string_view::npos) {
      return nullptr;
    }
  }
}

const json::value* find_in(const json::array& array, std::string_view path, bool any_index) {
  const std::size_t end = std::min(path.find('.'), path.size());
  std::size_t index = 0;
  const auto [stop, error] = std::from_chars(path.data(), path.data() + end, index);
  if (error != std::errc{} || stop != path.data() + end || array.empty()) {
    return nullptr;
  }
  // The sample has one element where a real payload may have more; pairs keep their positions.
  if (index >= array.size()) {
    if (!any_index) {
      return nullptr;
    }
    index = 0;
  }
  return end == path.size() ? &array[index] : find(array[index], path.substr(end + 1), any_index);
}

const json::value* find(const json::value& from, std::string_view path, bool any_index) {
  if (const json::object* object = from.if_object()) {
    return find_in(*object, path, any_index);
  }
  if (const json::array* array = from.if_array()) {
    return find_in(*array, path, any_index);
  }
  return nullptr;
}

/// `summary` is short for `data.summary`, as for everything in `data`.
const json::value* look_up(const json::value& payload, std::string_view path, bool any_index) {
  if (const json::value* found = find(payload, path, any_index)) {
    return found;
  }
  const json::object* root = payload.if_object();
  const json::value* data = root != nullptr ? root->if_contains("data") : nullptr;
  return data != nullptr ? find(*data, path, any_index) : nullptr;
}

// --- placeholders ----------------------------------------------------------------------------

Result<Piece> parse_placeholder(std::string_view inside) {
  Piece piece{true, {}, {}, false};
  std::size_t bar = inside.find('|');
  piece.text = trim(inside.substr(0, bar));
  while (bar != std::string_view::npos) {
    inside.remove_prefix(bar + 1);
    bar = inside.find('|');
    const std::string_view filter = trim(inside.substr(0, bar));
    if (filter == "chat") {
      piece.chat = true;
    } else if (filter.starts_with("default:")) {
      piece.fallback = trim(filter.substr(8));
    } else {
      return failure("unknown filter '" + printable(filter, 60) +
                     "'; there are default:TEXT and chat");
    }
  }
  return piece;
}

Result<std::vector<Piece>> parse_string(std::string_view text) {
  std::vector<Piece> pieces;
  while (!text.empty()) {
    const std::size_t open = text.find("{{");
    if (open != 0) {
      pieces.push_back({false, std::string(text.substr(0, open)), {}, false});
    }
    if (open == std::string_view::npos) {
      break;
    }
    const std::size_t close = text.find("}}", open);
    if (close == std::string_view::npos) {
      return failure("'{{' without '}}'");
    }
    auto piece = parse_placeholder(text.substr(open + 2, close - open - 2));
    if (!piece) {
      return tl::unexpected(piece.error());
    }
    pieces.push_back(std::move(*piece));
    text.remove_prefix(close + 2);
  }
  return pieces;
}

// --- checking --------------------------------------------------------------------------------

Result<void> check_string(std::string_view text, const json::value& sample) {
  const auto in_string = [&](const std::string& what) {
    return failure("in \"" + printable(text, 80) + "\": " + what);
  };
  const auto pieces = parse_string(text);
  if (!pieces) {
    return in_string(pieces.error().what);
  }
  for (const Piece& piece : *pieces) {
    if (piece.is_placeholder && look_up(sample, piece.text, true) == nullptr) {
      return in_string("the payload has nothing called '" + printable(piece.text, 80) +
                       "'; docs/alerts.md lists what it has");
    }
  }
  return {};
}

Result<void> check(const json::value& node, const json::value& sample) {
  if (const json::string* text = node.if_string()) {
    return check_string(view_of(*text), sample);
  }
  if (const json::array* array = node.if_array()) {
    for (const json::value& element : *array) {
      if (auto checked = check(element, sample); !checked) {
        return checked;
      }
    }
  }
  if (const json::object* object = node.if_object()) {
    for (const auto& member : *object) {
      const std::string_view key(member.key().data(), member.key().size());
      if (key.find("{{") != std::string_view::npos) {
        return failure("in key \"" + printable(key, 80) + "\": only values may hold placeholders");
      }
      if (auto checked = check(member.value(), sample); !checked) {
        return checked;
      }
    }
  }
  return {};
}

// --- rendering -------------------------------------------------------------------------------

bool is_nothing(const json::value* value) {
  return value == nullptr || value->is_null() ||
         (value->is_string() && value->get_string().empty());
}

/// The value as people write it: 0.25 rather than 2.5E-1, no quotes around text.
std::string plain(const json::value& value) {
  if (const json::string* text = value.if_string()) {
    return std::string(view_of(*text));
  }
  if (const double* number = value.if_double()) {
    std::array<char, 32> buffer{};
    const int length = std::snprintf(buffer.data(), buffer.size(), "%.10g", *number);
    return {buffer.data(), static_cast<std::size_t>(length)};
  }
  return value.is_null() ? std::string() : json::serialize(value);
}

json::value fill(const Piece& piece, const json::value& payload) {
  const json::value* found = look_up(payload, piece.text, false);
  json::value value = is_nothing(found) && piece.fallback
                          ? json::value(json::string(*piece.fallback))
                      : found == nullptr ? json::value(nullptr)
                                         : *found;
  return piece.chat ? json::value(json::string(chat_text(plain(value)))) : value;
}

json::value fill_string(std::string_view text, const json::value& payload) {
  const auto pieces = parse_string(text);
  NOCI_CHECK(pieces.has_value());  // parse_template has seen every string
  if (pieces->size() == 1 && pieces->front().is_placeholder) {
    return fill(pieces->front(), payload);
  }
  std::string out;
  for (const Piece& piece : *pieces) {
    out += piece.is_placeholder ? plain(fill(piece, payload)) : piece.text;
  }
  return json::value(json::string(out));
}

void fill_all(json::value& node, const json::value& payload) {
  if (const json::string* text = node.if_string()) {
    node = fill_string(view_of(*text), payload);
  } else if (json::array* array = node.if_array()) {
    for (json::value& element : *array) {
      fill_all(element, payload);
    }
  } else if (json::object* object = node.if_object()) {
    for (auto& member : *object) {
      fill_all(member.value(), payload);
    }
  }
}

}  // namespace

std::string Template::render(std::string_view payload) const {
  json::error_code error;
  const json::value native = json::parse(payload, error);
  if (error) {
    return std::string(payload);
  }
  json::value body = json::parse(text_, error);
  NOCI_CHECK(!error);
  fill_all(body, native);
  return json::serialize(body);
}

Result<Template> parse_template(std::string_view text) {
  json::stream_parser parser;
  json::error_code error;
  const std::size_t read = parser.write_some(text, error);
  const std::size_t rest = text.find_first_not_of(" \t\r\n", read);
  if (!error && rest != std::string_view::npos) {
    error = json::error::extra_data;
  }
  if (!error) {
    parser.finish(error);
  }
  if (error) {
    const auto line =
        1 + std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(read), '\n');
    return failure("line " + std::to_string(line) + " is not JSON: " + error.message());
  }
  const json::value document = parser.release();
  if (auto checked = check(document, json::parse(sample_payload())); !checked) {
    return tl::unexpected(checked.error());
  }
  return Template(std::string(text));
}

std::string chat_text(std::string_view text) {
  constexpr std::string_view gap = "\xe2\x80\x8b";  // U+200B, invisible and not part of any name
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    switch (text[i]) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '@':
        out.append("@").append(gap);
        break;
      case ']':  // [text](address)
        out += text[i];
        if (text.substr(i + 1).starts_with('(')) {
          out += gap;
        }
        break;
      case ':':  // scheme://
        out += text[i];
        if (text.substr(i + 1).starts_with("//")) {
          out += gap;
        }
        break;
      default:
        out += text[i];
    }
  }
  return out;
}

}  // namespace noci
