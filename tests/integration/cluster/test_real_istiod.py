"""What a real istiod publishes is followed: by itself first, then with the CA that it is given."""

from __future__ import annotations

import hashlib
import json
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from roottrust.agent.publication import CaFolder
from testbed import Cluster
from tests.integration.agent.istiod import Istiod as RunningIstiod
from tests.integration.cluster.issued import Issued
from tests.integration.cluster.istiod import Istiod
from tests.unit.domain.authorities import make_files, make_root


@pytest.fixture
def running(
    pilot_discovery: Path, cluster: Cluster, namespace: str, tmp_path: Path, log_folder: Path
) -> Iterator[RunningIstiod]:
    """istiod itself, which has no CA files yet."""
    folder = tmp_path / "cacerts"
    folder.mkdir()
    log = log_folder / f"{namespace}-real-istiod.log"
    running = RunningIstiod(pilot_discovery, cluster, namespace, folder, log)
    yield running
    running.stop()


@pytest.mark.usefixtures("role")
def test_a_real_istiod_is_followed_from_its_own_root_to_the_pinned_one(
    running: RunningIstiod, istiod: Istiod
) -> None:
    selector = {"matchLabels": {"kubernetes.io/metadata.name": istiod.namespace}}
    istiod.configure(json.dumps({"discoverySelectors": [selector]}))
    istiod.install()
    istiod.become_ready()
    running.start()
    status = istiod.wait_for_status(lambda found: found.get("selfSigned") is True)
    assert status["namespaces"]["summary"] == "1/1"

    running.stop()
    begin = datetime.now(UTC) - timedelta(hours=1)
    root = make_root("Root A", begin=begin, end=begin + timedelta(days=365))
    issued = root.issue("istiod cluster1", begin=begin, end=begin + timedelta(days=30))
    files = make_files(issued, root)
    assert CaFolder(running.ca_folder).publish(files)
    Issued(istiod).create(files.trust_bundle)
    running.start()

    def is_ready(found: dict[str, Any]) -> bool:
        conditions = {each["type"]: each["reason"] for each in found.get("conditions", ())}
        return conditions.get("Ready") == "Ready" and conditions["TrustPublished"] == "Published"

    status = istiod.wait_for_status(is_ready)
    der = ssl.PEM_cert_to_DER_cert(files.trust_bundle)
    assert status["rootFingerprints"] == [hashlib.sha256(der).hexdigest()]
    assert (status["selfSigned"], status["namespaces"]["summary"]) == (False, "1/1")
