"""`python -m tests.prometheus_rule`: one file of rules, as an object and in the chart."""

from __future__ import annotations

import sys
import textwrap

from roottrust.api.generated import run
from tests.session import REPOSITORY

FOLDER = REPOSITORY / "deploy/monitoring"
RULES = FOLDER / "rules.yaml"
CHART = REPOSITORY / "charts/roottrust/files"
_HEAD = """\
# Made by `python -m tests.prometheus_rule` from rules.yaml.
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: roottrust
  namespace: gloo-mesh
  labels:
    app.kubernetes.io/name: roottrust
spec:
"""


def render_object() -> str:
    """Return the object: the same rules, in the same words."""
    lines = (each for each in RULES.read_text().splitlines() if not each.startswith("#"))
    return _HEAD + textwrap.indent("\n".join(lines) + "\n", "  ")


def make(arguments: list[str]) -> int:
    """Write both, or say how what is there differs from them."""
    copies = {
        FOLDER: {"prometheusrule.yaml": render_object()},
        CHART: {"alerts.yaml": RULES.read_text()},
    }
    program = "tests.prometheus_rule"
    return max(
        run(arguments, files=files, program=program, default=str(folder))
        for folder, files in copies.items()
    )


if __name__ == "__main__":
    sys.exit(make(sys.argv[1:]))
