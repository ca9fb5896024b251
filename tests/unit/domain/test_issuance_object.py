from __future__ import annotations

from typing import Any

import pytest

from roottrust.domain.issuance_object import find_pinned, read_instances, read_issuance
from tests.unit.cli.status.objects import MESH, build_certificate
from tests.unit.domain.agent_entries import LATER, SECOND, build_instance
from tests.unit.domain.samples import ROOT


def test_a_mesh_is_judged_by_its_own_object_alone() -> None:
    second = build_instance(SECOND, pod="istiod-b", loaded_by_istiod=False)
    found = read_issuance(build_certificate(build_instance(), second), replicas=3, now=LATER)
    assert found
    assert (found.mesh.name, found.mesh.namespace) == (MESH, "istio-system")
    assert (found.ready, found.total, found.silent) == (1, 3, 1)
    assert find_pinned(build_certificate()) == ROOT.fingerprint


@pytest.mark.parametrize("spec", [None, {}, {**build_certificate()["spec"], "trustBundle": "none"}])
def test_what_cannot_be_read_proves_nothing(spec: dict[str, Any] | None) -> None:
    found = {**build_certificate(), "spec": spec}
    assert read_issuance(found, replicas=1, now=LATER) is None
    assert find_pinned(found) is None


def test_an_entry_that_cannot_be_read_does_not_hide_the_others() -> None:
    found = build_certificate()
    found["status"]["instances"].insert(0, {"pod": "x", "serial": "not hexadecimal"})
    assert [each.pod for each in read_instances(found)] == [build_instance().pod]
    assert list(read_instances({})) == []
