#pragma once
// `noci report`: what each account, address or remote server took, largest first; and with a key,
// what exactly.

#include <optional>
#include <string>

#include "app/configuration.hpp"
#include "app/exit_code.hpp"
#include "app/inputs.hpp"
#include "model/event.hpp"

namespace noci {

enum class ReportFormat { text, jsonl, csv };

enum class ReportDetail { none, rooms, media, targets };

struct ReportOptions {
  InputOptions input;
  ConfigOption config;  ///< none: neither geo databases nor shared addresses
  Field by = Field::user_id;
  std::optional<TimePoint> since;  ///< inclusive
  std::optional<TimePoint> until;  ///< exclusive
  ReportFormat format = ReportFormat::text;
  std::optional<std::string> key;
  ReportDetail detail = ReportDetail::none;
};

ExitCode report(const ReportOptions& options);

}  // namespace noci
