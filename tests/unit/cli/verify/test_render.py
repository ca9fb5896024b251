"""The table, as a person reads it."""

from __future__ import annotations

import click
import pytest

from roottrust.cli.verify.render import render_report
from roottrust.cli.verify.report import VerifyReport
from roottrust.domain.verification import Check, Place
from tests.unit.cli.verify.reports import DIFFERENT, OK, POD, SKIPPED, UNKNOWN, build

EXPECTED = f"""\
Mesh istiod-istio-system-cluster1
  Cluster: cluster1, istiod: istio-system/istiod

  RESULT     CHECK                 OF                      FOUND
  unknown    root in Vault         vault.example:8200      could not be checked
  ok         istiod's agent        {POD}  intermediate 12ab…
  different  served chain          {POD}  self-signed
  skipped    workload certificate  istiod                  skipped

  Different: served chain of {POD}
    istiod made its root itself.
    Next: Restart it.

  Unknown: root in Vault of vault.example:8200
    Vault is away.
    Next: Name another.

  Warning: istiod's agent of {POD}: Its renewal is overdue.

Not all is as pinned in 1 mesh: 1 ok, 1 different, 1 unknown, 1 skipped.
"""


def render(report: VerifyReport) -> str:
    return click.unstyle(render_report(report))


def test_the_table_is_aligned_and_what_is_wrong_is_below_with_the_next_step() -> None:
    assert render(build(SKIPPED, DIFFERENT, OK, UNKNOWN)) == EXPECTED


@pytest.mark.parametrize(
    ("findings", "end"),
    [
        ((OK,), "Verified: 1 mesh under the pinned root (1 ok, 0 different, 0 unknown)."),
        ((OK, UNKNOWN), "Not all of 1 mesh could be verified: 1 ok, 0 different, 1 unknown."),
    ],
)
def test_the_last_line_says_what_it_comes_to(findings: tuple[object, ...], end: str) -> None:
    assert render(build(*findings)).splitlines()[-1] == end  # type: ignore[arg-type]


def test_colours_do_not_move_the_columns() -> None:
    coloured = render_report(build(OK, DIFFERENT))
    assert "\033[31m  different\033[0m" in coloured
    assert "\033[32m  ok\033[0m" in coloured


def test_what_others_wrote_cannot_drive_a_terminal() -> None:
    hostile = Place(check=Check.SERVED_CHAIN, subject="a\033[2J").build_different(
        "b\033[2J", "c\033[2J", "d\033[2J"
    )
    shown = render_report(build(hostile, deployment="e\033[2J"))
    assert "\033[2J" not in shown
