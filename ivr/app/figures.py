"""The figures of a report, where they stand in a picture of the flows."""

from ivr.flow.picture import GAVE_UP, Notes
from ivr.hotline.reports.path import HUNG_UP
from ivr.hotline.reports.tally import Tally


def notes_of_calls(tally: Tally) -> Notes:
    """How often callers came to each step, which way they took, and where they gave up."""
    figures = {state: step.entered for state, step in tally.steps.items()}
    for state, step in tally.steps.items():
        figures |= {f"{state}/{way}": count for way, count in step.ways.items() if way != HUNG_UP}
        figures[f"{state}/{GAVE_UP}"] = step.gave_up
    return Notes(figures=figures)
