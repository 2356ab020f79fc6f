"""What is printed at the end, as Markdown."""

import statistics

DIRECT = "direct"
IDLE_AIM_BYTES = 4096
#: For each case: the system to reach, and the part of its throughput that is enough.
AIMS = {
    "simple": ("pgbouncer", 1.0),
    "extended": ("pgbouncer", 1.0),
    "prepared": ("haproxy", 1.0),
    "writes": ("pgbouncer", 0.95),
    "reconnecting": ("pgbouncer", 1.0),
    "reconnecting-light": ("pgbouncer", 1.0),
}
CPU_AIM = ("simple", "pgbouncer", 1.25)


def _markdown(head, rows):
    lines = [head, ["---"] + ["---:"] * (len(head) - 1), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)


def _of(results, case, system):
    return [r for r in results if r["kind"] == "measurement" and r["case"] == case and r["system"] == system]


def _median(results, case, system, figure):
    values = [r[figure] for r in _of(results, case, system) if figure in r and "problem" not in r]
    return statistics.median(values) if values else None


def ratio(results, case, system, to=DIRECT):
    """The median over the rounds of what a system did in a round to what another did in the same one."""
    other = {r["round"]: r["tps"] for r in _of(results, case, to) if "problem" not in r}
    values = [r["tps"] / other[r["round"]] for r in _of(results, case, system) if "problem" not in r and other.get(r["round"])]
    return statistics.median(values) if values else None


def _cell(results, case, system, text):
    mine = _of(results, case, system)
    failed = sum("problem" in r for r in mine)
    if not mine:
        return "-"
    if failed == len(mine):
        return "fails"
    return text + (f" (fails {failed} of {len(mine)})" if failed else "")


def _number(value, form):
    return "-" if value is None else format(value, form)


def summary(results, systems, cases):
    parts = []
    if cases:
        form = lambda value: _number(value, ".2f")
        rows = [[case, *(_cell(results, case, s, form(ratio(results, case, s))) for s in systems)] for case in cases]
        parts += ["Transactions a second, ratio to direct in the same round, median of the rounds:", _markdown(["case", *systems], rows)]
        parts += ["Transactions a second / mean ms / p99 ms, medians of the rounds:", _absolute(results, systems, cases)]
        if systems != [DIRECT]:
            parts += ["Processor seconds of the proxy for 100,000 transactions, median of the rounds:", _cpu(results, systems, cases)]
    idle = [r for r in results if r["kind"] == "idle"]
    if idle:
        parts += ["Memory growth for one idle client after one query:", _idle(idle)]
    aims = _aims(results)
    if aims:
        parts += ["Aims of Understudy:", _markdown(["aim", "wanted", "seen", "kept"], aims)]
    problems = {}
    for r in results:
        if "problem" in r and r["kind"] != "warm-up":
            problems.setdefault((r.get("case", "idle"), r["system"]), r["problem"])
    if problems:
        parts += ["Failed, and why the first time:", "\n".join(f"- {case}, {system}: {why}" for (case, system), why in problems.items())]
    return "\n\n".join(parts)


def _absolute(results, systems, cases):
    def text(case, system):
        tps, mean, p99 = (_median(results, case, system, figure) for figure in ("tps", "meanMillis", "p99Millis"))
        return f"{_number(tps, '.0f')} / {_number(mean, '.3f')} / {_number(p99, '.3f')}"

    rows = [[case, *(_cell(results, case, s, text(case, s)) for s in systems)] for case in cases]
    note = "\n\np99 of reconnecting clients is the query's alone: pgbench's log leaves out the connecting, its mean does not."
    return _markdown(["case", *systems], rows) + (note if any(case.startswith("reconnecting") for case in cases) else "")


def _cpu(results, systems, cases):
    proxies = [system for system in systems if system != DIRECT]
    text = lambda case, system: _number(_median(results, case, system, "proxyCpuSecondsPer100k"), ".2f")
    return _markdown(["case", *proxies], [[case, *(_cell(results, case, s, text(case, s)) for s in proxies)] for case in cases])


def _idle(idle):
    rows = []
    for r in idle:
        if "problem" in r:
            rows.append([r["system"], "fails", "-", "-", "-", "-"])
            continue
        sizes = [f"{r[name] / 1024:.1f} KiB" for name in ("rssBytesPerClient", "pssBytesPerClient")]
        rows.append([r["system"], r["clients"], *sizes, f"{r['after']['rssBytes'] / 1048576:.0f} MiB", r["serverConnections"]])
    return _markdown(["system", "clients", "RSS", "PSS", "RSS in all", "server connections"], rows)


def _aims(results):
    """Only what was measured of both."""
    rows = []
    for case, (other, enough) in AIMS.items():
        seen = ratio(results, case, "understudy", other)
        if seen is not None:
            rows.append([f"{case}: throughput to {other}", f"at least {enough:.2f}", f"{seen:.2f}", "yes" if seen >= enough else "NO"])
    case, other, most = CPU_AIM
    mine, theirs = (_median(results, case, system, "proxyCpuSecondsPer100k") for system in ("understudy", other))
    if mine is not None and theirs:
        seen = mine / theirs
        rows.append([f"{case}: processor time to {other}", f"at most {most:.2f}", f"{seen:.2f}", "yes" if seen <= most else "NO"])
    for r in results:
        if r["kind"] == "idle" and r["system"] == "understudy" and "problem" not in r:
            seen = r["rssBytesPerClient"]
            kept = "yes" if seen < IDLE_AIM_BYTES else "NO"
            rows.append([f"idle: RSS for each of {r['clients']} clients", f"below {IDLE_AIM_BYTES} B", f"{seen} B", kept])
    return rows
