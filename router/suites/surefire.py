"""Prints a line "class#method passed|failed" for every test in Surefire's reports; skipped ones are left out.

surefire.py REPORTS TIMES: writes a line "seconds class" for every report to the file TIMES.

A method that runs with several parameters has passed when all of its runs have.
"""

import pathlib
import re
import sys
import xml.etree.ElementTree as xml

PREFIX = "org.postgresql."


def main(folder, times):
    passed, lasted = {}, []
    for report in sorted(pathlib.Path(folder).glob("TEST-*.xml")):
        suite = xml.parse(report).getroot()
        lasted.append(f"{suite.get('time')} {suite.get('name').removeprefix(PREFIX)}\n")
        for case in suite.iter("testcase"):
            if case.find("skipped") is not None:
                continue
            # A failure of the class's set-up has no method of its own.
            method = re.split(r"[\[({ ]", case.get("name") or "")[0] or "class"
            name = case.get("classname").removeprefix(PREFIX) + "#" + method
            good = case.find("failure") is None and case.find("error") is None
            passed[name] = passed.get(name, True) and good
    pathlib.Path(times).write_text("".join(lasted), encoding="utf-8")
    for name, good in sorted(passed.items()):
        print(name, "passed" if good else "failed")


if __name__ == "__main__":
    main(*sys.argv[1:])
