"""An operator that is started again when it ends, as the kubelet does with a container."""

from __future__ import annotations

import threading

from tests.integration.hub.candidate import Candidate

LOOK_SECONDS = 0.2
RESTART_SECONDS = 1.0


class Supervised:
    """Keeps one operator running until it is closed, and counts how often that took a start."""

    def __init__(self, operator: Candidate) -> None:
        self.operator = operator
        self.restarts = 0
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="kubelet")

    def start(self) -> None:
        self.operator.start()
        self._thread.start()

    def close(self) -> None:
        self._is_over.set()
        self._thread.join()
        self.operator.kill()

    def _watch(self) -> None:
        while not self._is_over.wait(LOOK_SECONDS):
            if self.operator.is_running or self._is_over.wait(RESTART_SECONDS):
                continue
            self.restarts += 1
            self.operator.launch()
