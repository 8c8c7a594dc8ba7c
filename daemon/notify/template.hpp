#pragma once
// A webhook's own body: a JSON document whose strings may hold {{path}} placeholders into the
// native payload (docs/alerts.md). Logic-less and typed: values are put into a parsed document,
// never into text, so nothing an attacker wrote can break out of its string. Every path is checked
// when the template is loaded, not when the first alert needs it.

#include <string>
#include <string_view>

#include "base/result.hpp"

namespace noci {

class Template {
 public:
  /// The body for one native payload. Should the payload not be JSON, it is returned as it is: an
  /// unformatted alert is better than none.
  [[nodiscard]] std::string render(std::string_view payload) const;

 private:
  friend Result<Template> parse_template(std::string_view text);

  explicit Template(std::string text) : text_(std::move(text)) {}

  std::string text_;  // checked; parsed again for each body, of which there are few
};

/// All that is wrong with a template is reported here, with the line or the string it is in.
[[nodiscard]] Result<Template> parse_template(std::string_view text);

/// What the filter `chat` does to a text that goes into a Slack-like message: & < > escaped, and
/// mentions, Markdown links and addresses broken by a zero-width space.
[[nodiscard]] std::string chat_text(std::string_view text);

}  // namespace noci
