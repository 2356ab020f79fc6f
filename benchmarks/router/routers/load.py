"""One measurement: pgbench through one system for some seconds."""

import glob
import os
import re
import subprocess

from routers import common

CLIENTS = 8
THREADS = 2
SAMPLED = 0.25
OVERTIME = 60.0

#: The name of each case, its options of pgbench, the part of its transactions whose latency is logged, and who logs in.
CASES = {
    "simple": (["-S", "-M", "simple"], SAMPLED, common.ROLE),
    "extended": (["-S", "-M", "extended"], SAMPLED, common.ROLE),
    "prepared": (["-S", "-M", "prepared"], SAMPLED, common.ROLE),
    "writes": (["-N", "-M", "simple"], 1.0, common.ROLE),
    "reconnecting": (["-S", "-M", "simple", "-C"], 1.0, common.ROLE),
    "reconnecting-light": (["-S", "-M", "simple", "-C"], 1.0, common.LIGHT_ROLE),
}
WRITING = {"writes"}

_FIGURES = {
    "transactions": (r"number of transactions actually processed: (\d+)", int),
    "failed": (r"number of failed transactions: (\d+)", int),
    "meanMillis": (r"latency average = ([\d.]+) ms", float),
    "connectMillis": (r"average connection time = ([\d.]+) ms", float),
    "tps": (r"tps = ([\d.]+)", float),
}


def run(server, system, case, seconds):
    """The figures as a dictionary; a `problem` in it says that the case fails through this system."""
    options, sampled, role = CASES[case]
    if case in WRITING:
        server.calm()
    directory = os.path.join(server.work_path, "pgbench")
    os.makedirs(directory, exist_ok=True)
    for old in glob.glob(os.path.join(directory, "log.*")):
        os.remove(old)
    command = [server.program("pgbench"), "-n", "-c", str(CLIENTS), "-j", str(THREADS), "-T", str(seconds), "-l", "--log-prefix=log"]
    command += [f"--sampling-rate={sampled}"] if sampled < 1 else []
    command += [*options, *server.client_options(system.address, role)]
    proxy_before, server_before = system.cpu_seconds(), common.cpu_seconds(server.process.pid)
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=directory, env=server.environment()
    )
    try:
        out, errors = process.communicate(timeout=seconds + OVERTIME)
    except subprocess.TimeoutExpired:
        return {"problem": f"pgbench did not end within {seconds + OVERTIME:.0f} s"}
    finally:
        if process.poll() is None:
            process.kill()
            process.communicate()
    proxy_after, server_after = system.cpu_seconds(), common.cpu_seconds(server.process.pid)
    figures = read(out)
    if process.returncode != 0 or not figures.get("transactions"):
        return {"problem": problem(process.returncode, errors), **figures}
    hundred_thousands = figures["transactions"] / 100_000
    figures.update(latencies(directory))
    figures["proxyCpuSecondsPer100k"] = round((proxy_after - proxy_before) / hundred_thousands, 3)
    figures["serverCpuSecondsPer100k"] = round((server_after - server_before) / hundred_thousands, 3)
    return figures


def read(text):
    found = {name: (re.search(pattern, text), kind) for name, (pattern, kind) in _FIGURES.items()}
    return {name: kind(match.group(1)) for name, (match, kind) in found.items() if match}


def problem(status, errors):
    """The first error, which is the cause; the rest follow from it."""
    # Two threads complain at once: a line may begin with what another one began to say.
    lines = [re.sub(r".*pgbench: error: ", "", line.strip()) for line in errors.splitlines() if "error: " in line or "FATAL" in line]
    return f"pgbench ended with {status}: {lines[0] if lines else errors.strip()[-300:] or 'no message'}"


def latencies(directory):
    """From pgbench's transaction log: client, transaction, microseconds, script, and when; a failed one has no number."""
    micros = []
    for path in glob.glob(os.path.join(directory, "log.*")):
        with open(path, encoding="ascii") as file:
            micros.extend(int(word) for word in (line.split(None, 3)[2] for line in file) if word.isdigit())
    if not micros:
        return {}
    micros.sort()
    return {
        "p50Millis": micros[len(micros) // 2] / 1000,
        "p99Millis": micros[min(len(micros) - 1, len(micros) * 99 // 100)] / 1000,
        "latenciesLogged": len(micros),
    }
