"""What the chart makes is taken by a server-side apply, as Argo CD does it, without a warning."""

from __future__ import annotations

import pytest

from testbed import Cluster
from tests.integration.chart.chart import CLUSTER, HUB, Chart, Values
from tests.integration.dry_run import find_warnings, make_places


@pytest.mark.parametrize(
    "values",
    [HUB, CLUSTER, {**HUB, "networkPolicy": {"enabled": True}}],
    ids=["hub and cluster role", "cluster role", "network policy"],
)
def test_it_is_clean(cluster: Cluster, chart: Chart, values: Values) -> None:
    make_places(cluster)
    assert find_warnings(cluster, chart.render(values)) == []
