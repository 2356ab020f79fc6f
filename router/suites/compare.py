"""Compares what passes directly and through the router with the list in the documentation, both ways.

compare.py SUITE LEAST DIRECT ROUTED DOCUMENT

Fewer than LEAST tests that pass directly mean that the suite itself is broken, or the machine too slow for it.
DIRECT and ROUTED hold lines "test passed" and "test failed". In DOCUMENT the list of a suite is the table below the
heading that names the suite in backquotes; its first column holds tests in backquotes, its second the reason. A reason
that begins with "At times" says that the outcome depends on which server connection a transaction happens to get: either
outcome is as listed then.
"""

import re
import sys

AT_TIMES = "At times"


def results(path):
    with open(path, encoding="utf-8") as lines:
        return dict(line.rsplit(None, 1) for line in lines if line.strip())


def listed(path, suite):
    """The tests of the suite's table with their reasons."""
    found, inside = {}, False
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            if line.startswith("#"):
                inside = f"`{suite}`" in line
            elif inside and line.startswith("|") and "`" in line.split("|")[1]:
                tests, reason = line.split("|")[1], line.split("|")[2].strip()
                for test in re.findall(r"`([^`]+)`", tests):
                    if test in found:
                        sys.exit(f"{path}: {test} is listed twice for {suite}")
                    if not reason:
                        sys.exit(f"{path}: {test} has no reason")
                    found[test] = reason
    return found


def main(suite, least, direct_path, routed_path, document):
    direct, routed, expected = results(direct_path), results(routed_path), listed(document, suite)
    passing = {test for test, status in direct.items() if status == "passed"}
    for test in sorted(set(direct) - passing):
        print(f"{suite}: fails directly, so that nothing can be said of it: {test}")
    if len(passing) < int(least):
        sys.exit(f"{suite}: only {len(passing)} tests pass directly, expected are {least} or more; the suite itself is broken")
    lost = {test for test in passing if routed.get(test) != "passed"}
    problems = [f"passes directly, not through the router ({routed.get(t, 'did not run')}), not listed: {t}" for t in sorted(lost - set(expected))]
    for test in sorted(set(expected) - lost):
        if test not in direct:
            problems.append(f"listed, but there is no such test: {test}")
        elif expected[test].startswith(AT_TIMES):
            continue
        elif test not in passing:
            problems.append(f"listed, but fails directly too: {test}")
        else:
            problems.append(f"listed, but passes through the router: {test}")
    for problem in problems:
        print(f"{suite}: {problem}")
    print(f"{suite}: {len(passing)} of {len(direct)} pass directly, {len(passing) - len(lost)} of those through the router, {len(expected)} listed")
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main(*sys.argv[1:])
