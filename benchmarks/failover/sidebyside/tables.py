"""What is printed at the end."""

import statistics

EARLIER = "measured earlier on a two-core machine"
# Seconds, as text. Source: the table of the project's design document, measured earlier on a two-core machine.
# Its hang lasted 60 s.
PUBLISHED = {
    "crash": ("9.3", "3.1-3.6", "5.0"),
    "host": ("29.9", "19.7-21.4", "52.9"),
    "hang": ("30.2, rows lost", "22.1-22.6", "60.3"),
    "switchover": ("4.2", "4.2", "2.4"),
    "replica": ("-", "-", "-"),
}
PUBLISHED_SYSTEMS = ("Patroni 3.0.2 default", "Patroni 4.1.4 fastest", "pg_auto_failover 2.0")
# Seconds; the lease is added where the aim is relative to it.
LEASE = 3.0
AIMS = {"crash": 0.5, "host": LEASE + 0.5, "hang": LEASE + 0.5, "switchover": 0.3}
REPLICA_AIMS = {"semi-sync": 0.1, "sync": 1.5}


def aim(mode, fault):
    return REPLICA_AIMS.get(mode) if fault == "replica" else AIMS.get(fault)


def _seconds(millis):
    return f"{millis / 1000:.2f}"


def _cell(rounds):
    finished = [r for r in rounds if "outageMillis" in r]
    if not rounds:
        return "not measured"
    if not finished:
        return f"FAILED {len(rounds)}x"
    outages = [r["outageMillis"] for r in finished]
    text = f"{_seconds(statistics.median(outages))} / {_seconds(max(outages))}  lost {sum(r['lost'] for r in finished)}  n={len(finished)}"
    counts = {
        "twice": sum(r["duplicated"] for r in finished),
        "unhealed": sum("problem" in r for r in finished),
        "failed": len(rounds) - len(finished),
        "primary changed": sum(r["fault"] == "replica" and r["oldPrimary"] != r["newPrimary"] for r in finished),
    }
    return "  ".join([text, *(f"{name.upper()} {count}x" for name, count in counts.items() if count)])


def _table(head, rows):
    widths = [max(len(str(row[i])) for row in [head, *rows]) for i in range(len(head))]
    line = "  ".join("-" * width for width in widths)
    text = lambda row: "  ".join(str(cell).ljust(width) for cell, width in zip(row, widths)).rstrip()
    return "\n".join([text(head), line, *(text(row) for row in rows)])


def summary(results, labels):
    """Median and maximum of the outage in seconds for every fault, beside what was published."""
    rows, apart, keys = [], [], list(dict.fromkeys((r["mode"], r["fault"]) for r in results))
    for mode, fault in keys:
        mine = [r for r in results if (r["mode"], r["fault"]) == (mode, fault)]
        cells = [_cell([r for r in mine if r["system"] == label and not r.get("raftLeaderLost")]) for label in labels]
        wanted = aim(mode, fault)
        rows.append([mode, fault, *cells, *PUBLISHED[fault], f"{wanted:.1f}" if wanted else "-"])
        for label in labels:
            lost = [r for r in mine if r["system"] == label and r.get("raftLeaderLost")]
            if lost:
                apart.append([mode, fault, label, _cell(lost)])
    parts = [
        "Write outage in seconds: median / maximum; acknowledged inserts lost; rounds.",
        f"The three columns before the aim are constants from the design document ({EARLIER}; its hang lasted 60 s).",
        "",
        _table(["mode", "fault", *labels, *PUBLISHED_SYSTEMS, "aim"], rows),
        "",
        "Rounds in which the lost node also held the Raft leader, not counted above:",
        _table(["mode", "fault", "system", "outage"], apart) if apart else "none",
        "",
        "Unknown (sent, not acknowledged) and of those there, in all: "
        + ", ".join(
            f"{label} {sum(r.get('unknown', 0) for r in results if r['system'] == label)}"
            f" ({sum(r.get('unknownPresent', 0) for r in results if r['system'] == label)} there)"
            for label in labels
        ),
    ]
    return "\n".join(parts)
