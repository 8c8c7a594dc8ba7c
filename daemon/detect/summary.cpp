#include "detect/summary.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

#include "base/text.hpp"
#include "detect/selection.hpp"

namespace noci {
namespace {

using detect::CompiledSelect;

/// Keys and addresses in one sentence: as long as a Matrix id may be, no longer.
constexpr std::size_t longest_name = 255;
constexpr std::size_t most_clauses = 3;

constexpr std::array joins{Action::room_join, Action::room_join_state, Action::fed_make_join,
                           Action::fed_send_join};
constexpr std::array reads{Action::room_messages,
                           Action::room_context,
                           Action::room_event,
                           Action::room_relations,
                           Action::room_threads,
                           Action::room_initial_sync,
                           Action::initial_sync,
                           Action::event_by_id,
                           Action::room_aggregations,
                           Action::sync,
                           Action::sliding_sync,
                           Action::search,
                           Action::fed_backfill,
                           Action::fed_missing_events,
                           Action::fed_event,
                           Action::fed_state,
                           Action::fed_state_ids,
                           Action::fed_event_auth,
                           Action::event_stream,
                           Action::room_timestamp_to_event,
                           Action::fed_timestamp_to_event,
                           Action::notifications,
                           Action::admin_room_messages,
                           Action::admin_room_context};
constexpr std::array thumbnails{Action::media_thumbnail, Action::media_thumbnail_legacy,
                                Action::fed_media_thumbnail};
constexpr std::array media{Action::media_download,         Action::media_download_legacy,
                           Action::fed_media_download,     Action::media_thumbnail,
                           Action::media_thumbnail_legacy, Action::fed_media_thumbnail};
constexpr std::array members{Action::room_members, Action::room_joined_members, Action::room_state,
                             Action::room_state_event};
constexpr std::array profiles{Action::profile, Action::profile_field, Action::user_directory_search,
                              Action::fed_query_profile};
constexpr std::array logins{Action::login, Action::token_issued, Action::login_sso_redirect,
                            Action::login_get_token, Action::token_refresh};
constexpr std::array forgeries{Action::log_forgery};
constexpr std::array failed_logins{Action::login_failed, Action::login_unknown_user};

/// Whether a select takes only actions out of `set`, and at least one.
template <typename Set>
bool only(const CompiledSelect& select, const Set& set) {
  bool any = false;
  for (std::size_t i = 0; i < action_count; ++i) {
    const auto action = static_cast<Action>(i);
    if (select.can_match(action)) {
      if (std::ranges::find(set, action) == set.end()) {
        return false;
      }
      any = true;
    }
  }
  return any;
}

LimitWords words_for_values(const Limit& limit, const CompiledSelect& select) {
  switch (limit.field) {
    case Field::room_id:
      if (only(select, joins)) {
        return {"joined", "rooms", false};
      }
      if (only(select, members)) {
        return {"listed the members of", "rooms", false};
      }
      if (only(select, reads)) {
        return {"read", "rooms", false};
      }
      return {"touched", "rooms", false};
    case Field::media_id:
      return {"downloaded", "different media files", false};
    case Field::target_user_id:
      return only(select, profiles) ? LimitWords{"looked up", "profiles", false}
                                    : LimitWords{"addressed", "users", false};
    case Field::user_id:
      return {"was used by", "accounts", false};
    case Field::source_ip:
      return {"came from", "addresses", false};
    case Field::source_network:
      return {"came from", "networks", false};
    case Field::server_name:
    case Field::target_server:
      return {"spoke of", "servers", false};
    default:
      return {};
  }
}

LimitWords words_for_events(const CompiledSelect& select) {
  if (only(select, thumbnails)) {
    return {"downloaded", "thumbnails", false};
  }
  if (only(select, media)) {
    return {"downloaded", "media files", false};
  }
  if (only(select, joins)) {
    return {"sent", "join requests", false};
  }
  if (only(select, profiles)) {
    return {"made", "profile look-ups", false};
  }
  if (only(select, failed_logins)) {
    return {"failed", "logins", false};
  }
  if (only(select, forgeries)) {
    return {"logged", "forged lines", false};
  }
  if (only(select, logins)) {
    return {"made", "logins", false};
  }
  if (only(select, reads)) {
    return {"made", "requests for messages", false};
  }
  return {};
}

LimitWords words_for_sum(const Limit& limit) {
  switch (limit.field) {
    case Field::bytes:
      return {"downloaded", "", true};
    case Field::messages:
      return {"fetched", "messages", false};
    case Field::messages_low:
      return {"fetched at least", "messages", false};
    case Field::messages_high:
      return {"fetched up to", "messages", false};
    default:
      return {};
  }
}

std::string amount(double value, bool bytes) {
  if (bytes) {
    return describe_bytes(std::llround(std::min(value, 9e18)));
  }
  if (value == std::floor(value)) {
    return describe_count(std::llround(std::min(value, 9e18)));
  }
  std::array<char, 64> buffer{};
  std::snprintf(buffer.data(), buffer.size(), "%.2f", value);
  return buffer.data();
}

std::string name_for_people(std::string_view text) {
  return printable(text, longest_name);
}

std::string subject_of(const Alert& alert) {
  std::string subject;
  for (const auto& [field, value] : alert.key) {
    const bool is_origin = field == Field::source_ip || field == Field::source_network;
    subject += (subject.empty() ? "" : is_origin ? " from " : " with ") + name_for_people(value);
  }
  return subject.empty() ? "The whole server" : subject;
}

/// `did new_network, then 5 × search, then history in 2 h`.
std::string clause_for_steps(const LimitState& limit) {
  const bool ordered = limit.type == LimitType::temporal_ordered;
  std::string clause = "did ";
  for (std::size_t i = 0; i < limit.steps.size(); ++i) {
    const StepState& step = limit.steps[i];
    if (i > 0) {
      clause += ordered ? ", then " : i + 1 < limit.steps.size() ? ", " : " and ";
    }
    clause +=
        (step.count > 1 ? describe_count(step.count) + " × " : "") + name_for_people(step.name);
  }
  return clause + " in " + describe_duration(limit.timespan);
}

/// `17`, `1.5`: how many times, as one would say it.
std::string times(std::int64_t value, std::int64_t usual) {
  const double ratio = static_cast<double>(value) / static_cast<double>(usual);
  std::array<char, 64> buffer{};
  std::snprintf(buffer.data(), buffer.size(), ratio < 9.95 ? "%.1f" : "%.0f", ratio);
  const std::string text(buffer.data());
  return text.ends_with(".0") ? text.substr(0, text.size() - 2) : text;
}

std::string_view name_for_keys(const Alert& alert) {
  if (alert.key.size() != 1) {
    return "keys";
  }
  switch (alert.key[0].first) {
    case Field::user_id:
    case Field::actor_id:
    case Field::effective_user_id:
      return "accounts";
    case Field::source_ip:
      return "addresses";
    case Field::server_name:
      return "servers";
    default:
      return "keys";
  }
}

/// `, 17 × its own busiest day and 40 × the busiest of 5,000 accounts`; of a share
/// ` (0.34 % of all that the server holds)`.
std::string compared(const Alert& alert, const LimitState& limit) {
  std::string text;
  if (limit.usual && limit.usual->own_busiest > 0) {
    text += ", " + times(limit.value, limit.usual->own_busiest) + " × its own busiest day";
  }
  if (limit.usual && limit.usual->peers > 0) {
    std::array<char, 64> share{};
    std::snprintf(share.data(), share.size(), "%.3g %% ", 100 * (1 - limit.usual->peer_quantile));
    text += (text.empty() ? ", " : " and ") + times(limit.value, limit.usual->peers) +
            " × the busiest " + (limit.usual->peer_quantile < 1 ? share.data() : "") + "of " +
            describe_count(limit.usual->peer_keys) + ' ' + std::string(name_for_keys(alert));
  }
  if (limit.whole > 0) {
    std::array<char, 64> share{};
    std::snprintf(share.data(), share.size(), "%.3g",
                  100 * static_cast<double>(limit.value) / static_cast<double>(limit.whole));
    text += " (" + std::string(share.data()) + " % of all that the server holds)";
  }
  return text;
}

std::string clause_for(const Alert& alert, const LimitState& limit, const LimitWords& words) {
  if (is_sequence(limit.type)) {
    return clause_for_steps(limit);
  }
  const std::string about = limit.exact ? "" : "about ";
  const std::string value = about + amount(static_cast<double>(limit.value), words.bytes);
  const std::string period = limit.usual ? "one day" : describe_duration(limit.timespan);
  const std::string bound = amount(limit.limit, words.bytes);
  if (words.verb.empty()) {
    return "matched " + name_for_people(alert.rule_title) + ": " + name_for_people(limit.name) +
           " " + value + " in " + period + compared(alert, limit) + ", limit " + bound;
  }
  std::string thing = words.thing.empty() ? "" : " " + std::string(words.thing);
  if (limit.exact && limit.value == 1 && thing.ends_with('s')) {
    thing.pop_back();
  }
  return words.verb + " " + value + thing + " in " + period + compared(alert, limit) + " (limit " +
         bound + ")";
}

/// ` from 192.0.2.1 and 3 more addresses`, empty when the key says it already.
std::string origin_of(const Alert& alert) {
  for (const auto& [field, values] : alert.evidence.top) {
    if (field == Field::source_ip && !values.empty()) {
      const std::size_t others = values.size() - 1;
      return " from " + name_for_people(values[0].first) +
             (others == 0   ? ""
              : others == 1 ? " and " + name_for_people(values[1].first)
                            : " and " + std::to_string(others) + " more addresses");
    }
  }
  return "";
}

std::string clauses_of(const Alert& alert, const std::vector<LimitWords>& words) {
  std::string clauses;
  std::size_t said = 0;
  std::size_t left_out = 0;
  for (std::size_t i = 0; i < alert.limits.size(); ++i) {
    if (!alert.limits[i].breached) {
      continue;
    }
    if (said == most_clauses) {
      ++left_out;
      continue;
    }
    std::string clause =
        clause_for(alert, alert.limits[i], i < words.size() ? words[i] : LimitWords{});
    if (said == 0) {
      // Where it came from stands before the first limit: "… in 10 min from X (limit 20)".
      const std::size_t place = clause.rfind(" (limit ");
      clause.insert(place == std::string::npos ? clause.size() : place, origin_of(alert));
    }
    clauses += (said == 0 ? " " : ", and ") + clause;
    ++said;
  }
  if (left_out > 0) {
    clauses += ", and broke " + std::to_string(left_out) + " more limits";
  }
  return clauses;
}

/// Who may be behind requests without an account, and how sure that is: a sentence of its own.
std::string linked_of(const Alert& alert) {
  const std::vector<LinkedAccount>& accounts = alert.evidence.linked;
  if (accounts.empty()) {
    return "";
  }
  const LinkedAccount& first = accounts.front();
  const std::string name = name_for_people(first.user_id);
  const bool is_key = std::ranges::any_of(
      alert.key, [&](const auto& part) { return part.second == first.user_id; });
  if (is_key) {
    return " " + describe_count(first.alone) +
           " of the requests name no account; no other was seen on the same address and agent.";
  }
  if (accounts.size() > 1) {
    return " The requests without an account may be of " + name +
           (accounts.size() == 2 ? " or " + name_for_people(accounts[1].user_id)
                                 : " or " + std::to_string(accounts.size() - 1) + " others") +
           ", seen on the same address and agent.";
  }
  return first.several == 0
             ? " Only " + name + " was seen on the same address and agent."
             : " Of those seen on the same address and agent, only " + name + " is known.";
}

}  // namespace

std::vector<LimitWords> words_for(const Rule& rule) {
  std::vector<LimitWords> words;
  for (const Limit& limit : rule.limits) {
    const CompiledSelect select(limit.select, rule.selections);
    switch (limit.baseline ? limit.baseline->of : limit.type) {
      case LimitType::value_count:
        words.push_back(words_for_values(limit, select));
        break;
      case LimitType::value_sum:
        words.push_back(words_for_sum(limit));
        break;
      case LimitType::event_count:
        words.push_back(words_for_events(select));
        break;
      case LimitType::temporal:
      case LimitType::temporal_ordered:
      case LimitType::baseline:
        words.emplace_back();  // the steps speak for themselves
        break;
    }
  }
  return words;
}

std::string summarise(const Alert& alert, const std::vector<LimitWords>& words) {
  const std::string subject = subject_of(alert);
  const std::string title = '"' + name_for_people(alert.rule_title) + '"';
  const std::string prefix = alert.simulated ? "[simulated] " : "";
  if (alert.status == AlertStatus::resolved) {
    return prefix +
           (alert.resolve_reason == "rule_removed"
                ? "The rule " + title + " was removed while " + subject + " was over its limit."
                : subject + " is back below every limit of " + title + ".");
  }
  const std::string clauses = clauses_of(alert, words);
  return prefix + subject + (clauses.empty() ? " matched " + title : clauses) + "." +
         linked_of(alert);
}

}  // namespace noci
