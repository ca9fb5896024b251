"""`roottrust report` on a real API server, of what a real hub and of what a test has written."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from testbed import Cluster
from tests.integration.hub.names import Names
from tests.integration.hub.operator_process import OperatorProcess
from tests.integration.hub.person import Person, build_status_reader
from tests.integration.hub.policy import MakePolicy
from tests.integration.hub.told_fleet import POD, make_fleet
from tests.unit.cli.report_page.fleets import HOSTILE
from tests.unit.cli.report_page.parsed import parse
from tests.unit.cli.report_page.test_escaping import check_harmless

DAY = timedelta(days=1)


@pytest.fixture
def reader(cluster: Cluster, namespace: str, tmp_path: Path) -> Person:
    """The command as somebody calls it who has the rights of deploy/status/ and no others."""
    return replace(build_status_reader(cluster, namespace, tmp_path), command=("report",))


def test_what_a_hub_refuses_stands_on_the_page_with_what_to_do(
    reader: Person,
    operator: OperatorProcess,
    make_policy: MakePolicy,
    names: Names,
    tmp_path: Path,
) -> None:
    server = "https://elsewhere.example:8200"
    policy = make_policy(names, {"spec.config.agentCa.vault.server": server})
    policy.wait_for("Accepted", "False")
    path = tmp_path / "report.html"
    done = reader.run(policy.full_name, "-o", str(path))
    assert (done.code, done.out) == (2, "")
    assert done.err.splitlines()[-1].startswith(f"{path}: Something is wrong: 0 of 1 policy well")
    page = parse(path.read_text(encoding="utf-8"))
    (message,) = [
        each["message"] for each in policy.read_status()["conditions"] if each["type"] == "Accepted"
    ]
    told = page.find("findings").text
    assert f"Accepted is False (UnknownServer): {message.replace('`', '')}" in told


@pytest.mark.usefixtures("alone")
def test_the_page_of_a_fleet_that_somebody_hostile_has_written_to(
    reader: Person, make_policy: MakePolicy, names: Names, cluster: Cluster
) -> None:
    policy = make_policy(names)
    fleet = make_fleet(cluster, policy, root_life=59 * DAY, life=20 * DAY)
    fleet.tell(VaultReachable=("False", "Sealed", HOSTILE))
    done = reader.run(policy.full_name, "-o", "-")
    assert done.code == 2, done.err
    page = parse(done.out)
    check_harmless(page)
    assert "<script>alert(1)</script>" in page.find("findings").text
    assert "replace it by another" in page.find("findings").text
    assert fleet.mesh in page.find("policies").text
    assert POD in page.find("timeline").text
    maps = [each.text for each in page.find("map").list_all("text")]
    assert "far-away" in maps
    assert "Intermediate: ends in 98 days" in maps


@pytest.mark.usefixtures("alone")
def test_without_a_policy_there_is_no_page(reader: Person, namespace: str, tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    done = reader.run("-n", namespace, "-o", str(path))
    assert (done.code, path.exists()) == (1, False)
    assert "There is no RootTrustPolicy in namespace" in done.err
