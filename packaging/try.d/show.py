"""An alert's payload as lines for people: a headline, the sentence, then the evidence."""

import datetime

COLOURS = {"informational": "90", "low": "36", "medium": "33", "high": "31;1", "critical": "37;41;1"}
LABELS = {
    "matrix.room.id": "rooms",
    "matrix.media.id": "media",
    "source.ip": "addresses",
    "user_agent.original": "agents",
    "user.id": "accounts",
    "event.action": "requests",
    "matrix.target.user.id": "targets",
}
MOST_VALUES = 3


def is_size(limit):
    return limit["type"] == "value_sum" and limit.get("field", "").endswith("bytes")


def quantity(value, limit):
    if not is_size(limit):
        return f"{value:,.0f}"
    for unit in ("B", "KiB", "MiB", "GiB"):
        if value < 1024 or unit == "GiB":
            return f"{value:,.0f} {unit}" if unit == "B" else f"{value:,.1f} {unit}"
        value /= 1024
    return ""


def span(seconds):
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds % size == 0 and seconds >= size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


def local_time(text):
    moment = datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
    return moment.astimezone().strftime("%H:%M:%S")


def clean(text):
    """No control characters: what an attacker wrote must not move the cursor."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in str(text))


def headline(payload, colour):
    data = payload["data"]
    level = data["level"].upper()
    kind = payload["type"].removeprefix("alert.")
    who = clean(data["entity"]["key"]) or "server"  # a rule may count over all at once
    text = f"{level:<8} {kind:<9} {who}  {clean(data['rule']['title'])}"
    if colour:
        text = f"\x1b[{COLOURS.get(data['level'], '0')}m{text}\x1b[0m"
    return f"{local_time(payload['timestamp'])}  {text}"


def describe(payload, colour=False):
    data = payload["data"]
    lines = [headline(payload, colour)]
    if data.get("summary"):
        lines.append(f"          {clean(data['summary'])}")
    for limit in data.get("limits", []):
        if limit["breached"]:
            lines.append(
                f"          limit     {limit['name']}: {quantity(limit['value'], limit)} in"
                f" {span(limit['timespan_s'])}, allowed {quantity(limit['limit'], limit)}"
            )
    for field, values in data.get("evidence", {}).get("top", {}).items():
        shown = ", ".join(f"{clean(value)} ({count})" for value, count in values[:MOST_VALUES])
        if shown:
            more = len(values) - MOST_VALUES
            shown += f", {more} more" if more > 0 else ""
            lines.append(f"          {LABELS.get(field, field):<9} {shown}")
    return lines
