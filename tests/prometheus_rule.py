"""`python -m tests.prometheus_rule`: make the PrometheusRule object from the file of rules."""

from __future__ import annotations

import sys
import textwrap

from roottrust.api.generated import run
from tests.session import REPOSITORY

FOLDER = REPOSITORY / "deploy/monitoring"
RULES = FOLDER / "rules.yaml"
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


if __name__ == "__main__":
    sys.exit(
        run(
            sys.argv[1:],
            files={"prometheusrule.yaml": render_object()},
            program=__spec__.name,
            default=str(FOLDER),
        )
    )
