"""Prints a line "class#method passed|failed" for every test in Surefire's reports; skipped ones are left out.

A method that runs with several parameters has passed when all of its runs have.
"""

import pathlib
import re
import sys
import xml.etree.ElementTree as xml

PREFIX = "org.postgresql."


def main(folder):
    passed = {}
    for report in sorted(pathlib.Path(folder).glob("TEST-*.xml")):
        for case in xml.parse(report).iter("testcase"):
            if case.find("skipped") is not None:
                continue
            # A failure of the class's set-up has no method of its own.
            method = re.split(r"[\[({ ]", case.get("name") or "")[0] or "class"
            name = case.get("classname").removeprefix(PREFIX) + "#" + method
            good = case.find("failure") is None and case.find("error") is None
            passed[name] = passed.get(name, True) and good
    for name, good in sorted(passed.items()):
        print(name, "passed" if good else "failed")


if __name__ == "__main__":
    main(sys.argv[1])
