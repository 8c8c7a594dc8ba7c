"""What noci made of the lines that attackers wrote into a log (forge.py): found, or believed."""

# Kinds of events that count for somebody.
COUNTED = ("request", "messages", "login", "search")


def verdicts(attacks, events):
    """[(name, found, forged, counted for the ghost)] of noci's events, as `noci explain` prints them."""
    found, moved = {}, {}
    for event in events:
        if event["kind"] == "forged":
            ghost = event.get("matrix.target.user.id")
            found[ghost] = found.get(ghost, 0) + 1
        elif event["kind"] in COUNTED:
            ghost = event.get("user.id")
            moved[ghost] = moved.get(ghost, 0) + 1
    return [(attack["name"], found.get(attack["ghost"], 0), attack["records"], moved.get(attack["ghost"], 0))
            for attack in attacks]


def check(case, log, rows):
    for name, found, forged, moved in rows:
        with case.subTest(log=log, attack=name):
            case.assertEqual((found, moved), (forged, 0))


def table(rows):
    total = ("all", *(sum(row[column] for row in rows) for column in (1, 2, 3)))
    return (["forged", "found", "of", "counted for the victim"],
            [[str(cell) for cell in row] for row in (*rows, total) if row[2]])


def read_as_they_are(rows):
    """Names of the attacks that left no line of their own: through headers, or by a way this release has closed."""
    return ", ".join(row[0] for row in rows if not row[2])
