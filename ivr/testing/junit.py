"""Outcomes as JUnit XML, which CI servers show."""

from __future__ import annotations

import re
from collections.abc import Sequence
from xml.etree import ElementTree as ET

from ivr.flow.issues import Issue
from ivr.testing.suite import Outcome

_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 cannot carry."""


def as_xml(outcomes: Sequence[Outcome], issues: Sequence[Issue] = ()) -> str:
    """One test case per call, by file; `issues` of scripts that could not be read are errors."""
    suite = ET.Element("testsuite", name="ivr replay")
    for outcome in outcomes:
        case = _case(suite, outcome.item.path.as_posix(), outcome.item.name, outcome.seconds)
        match outcome.result:
            case "failed":
                _told(case, "failure", outcome.message, outcome.report)
            case "broken":
                _told(case, "error", outcome.message, outcome.report)
            case "skipped":
                ET.SubElement(case, "skipped", message=outcome.report)
    files = dict.fromkeys(issue.place.file for issue in issues if issue.is_error)
    for file in files:
        own = [issue for issue in issues if issue.place.file == file]
        _told(_case(suite, file, "the script", 0.0), "error", own[0].message, "\n".join(map(str, own)))
    broken = sum(outcome.result == "broken" for outcome in outcomes)
    suite.set("tests", str(len(outcomes) + len(files)))
    suite.set("failures", str(sum(outcome.result == "failed" for outcome in outcomes)))
    suite.set("errors", str(broken + len(files)))
    suite.set("skipped", str(sum(outcome.result == "skipped" for outcome in outcomes)))
    suite.set("time", f"{sum(outcome.seconds for outcome in outcomes):.3f}")
    root = ET.Element("testsuites")
    root.append(suite)
    ET.indent(root)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def _case(suite: ET.Element, file: str, name: str, seconds: float) -> ET.Element:
    return ET.SubElement(suite, "testcase", classname=_clean(file), name=_clean(name), time=f"{seconds:.3f}")


def _told(case: ET.Element, kind: str, message: str, told: str) -> None:
    ET.SubElement(case, kind, message=_clean(message)).text = _clean(told)


def _clean(text: str) -> str:
    return _FORBIDDEN.sub("\ufffd", text)
