"""docs/testbed.md, by somebody who has a testbed and wants a mesh in it."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from testbed import Testbed
from tests import session
from tests.doc_blocks import find_block
from tests.integration.reader import Reader

NAME = "c1"


def test_a_mesh_is_made_by_hand(bed: Testbed, tmp_path: Path) -> None:
    """Beside the cluster of the other tests, by the same programs."""
    number = session.RANGE + 3
    reader = Reader(
        folder=session.REPOSITORY,
        environment={
            **os.environ,
            "HOME": str(tmp_path),
            "XDG_CACHE_HOME": os.environ.get("XDG_CACHE_HOME", str(Path.home() / ".cache")),
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "TESTBED_STATE": str(session.find_state(number)),
            "TESTBED_RANGE": str(number),
        },
        seconds=300,
    )
    try:
        done = reader.run(find_block("docs/testbed.md", "python -m testbed up c1 --istio"))
        assert (done.code, "STATUS: deployed" in done.out) == (0, True), done
        words = ("get", "deployment", "istiod", "-n", "istio-system")
        ready = bed.cluster(NAME).kubectl(*words, "-o=jsonpath={.status.readyReplicas}")
        assert ready.stdout == "1"
    finally:
        bed.down([NAME])
