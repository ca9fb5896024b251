"""What the demo created in a cluster, so that it removes that and nothing else."""

from __future__ import annotations

from collections.abc import Sequence

from demo.errors import DemoError
from demo.folder import Folder
from demo.shell import Shell

_RECORD = "created.json"


class Journal:
    """Creates objects in a cluster and writes down each one."""

    def __init__(self, folder: Folder, shell: Shell) -> None:
        self._folder = folder
        self._shell = shell

    def refuse_existing(self, *words: str) -> None:
        """Stop before anything is touched if the cluster has any of these already."""
        found = self._shell.run("kubectl", "get", *words, *_QUIETLY, show=False).split()
        if found:
            raise DemoError(
                f"The cluster already has {found[0]}, and the demo changes nothing that is not its "
                "own. After an earlier demo: make down. Else use another cluster."
            )

    def ensure(self, *words: str, namespace: str | None = None) -> None:
        """Create one object unless the cluster has it, as a mesh's namespace may be there."""
        kind, name = words[0], words[1]
        place = [f"--namespace={namespace}"] if namespace else []
        if self._shell.run("kubectl", "get", kind, name, *place, *_QUIETLY, show=False):
            self._shell.narrator.say(f"{kind} {name} exists already: it is used and kept.")
        else:
            self.create(*words, namespace=namespace)

    def create(self, *words: str, namespace: str | None = None, stdin: str | None = None) -> None:
        """Run `kubectl create` and remember what it has created, even when it then fails."""
        place = [f"--namespace={namespace}"] if namespace else []
        command = ("kubectl", "create", *words, *place)
        self._shell.narrator.command(command)
        answer = self._shell.ask(*command, "--output=name", stdin=stdin)
        names = [line for line in answer.output.splitlines() if _is_name(line)]
        self.remember(*names, namespace=namespace)
        if not answer.ok:
            raise DemoError(f"`{' '.join(command)}` failed: {answer.output.strip()}")
        self._shell.narrator.output("\n".join(f"{name} created" for name in names))

    def remember(self, *names: str, namespace: str | None = None) -> None:
        """Write down what was created in another way."""
        known = self._folder.read_record(_RECORD) or []
        self._folder.write_record(_RECORD, [*known, *([name, namespace] for name in names)])

    def remove(self, only: str | None = None) -> None:
        """Delete what was created, or only the object of this name; namespaces come last."""
        known = self._folder.read_record(_RECORD) or []
        chosen = [each for each in known if only in {None, each[0]}]
        namespaces = dict.fromkeys(namespace for _, namespace in reversed(chosen))
        for namespace in sorted(namespaces, key=lambda namespace: namespace is None):
            names = [name for name, place in reversed(chosen) if place == namespace]
            self._delete(names, namespace)
            known = [each for each in known if each not in chosen or each[1] != namespace]
            self._folder.write_record(_RECORD, known)

    def _delete(self, names: Sequence[str], namespace: str | None) -> None:
        """Delete these at once; if some have to stay, say so: the others go all the same."""
        place = [f"--namespace={namespace}"] if namespace else []
        try:
            self._shell.run("kubectl", "delete", *place, *_PATIENTLY, *names)
        except DemoError as error:
            self._shell.narrator.say(f"Not everything is removed: {error}")


_PATIENTLY = ("--ignore-not-found", "--timeout=60s")
_QUIETLY = ("--ignore-not-found", "--output=name")


def _is_name(line: str) -> bool:
    return "/" in line and " " not in line
