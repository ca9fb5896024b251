"""The command line of the demo."""

from __future__ import annotations

import argparse
import shlex
import signal
import sys
import time
from collections.abc import Sequence
from types import FrameType

from demo.background import Background
from demo.errors import DemoError
from demo.fleet import stage as fleet_stage
from demo.folder import Folder, default_folder
from demo.narrator import Narrator
from demo.operator_process import read_logs
from demo.shell import Shell
from demo.show import Story, find_story, play, take_down
from testbed import TestbedError
from testbed.interrupt import shielded


def main() -> int:
    """Play the demo, or take down what one has left up."""
    options = _parser().parse_args()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)
    narrator, folder = Narrator(), Folder(default_folder())
    try:
        story = find_story(context=options.context, chapter=options.chapter)
        with folder.lock():
            if folder.exists:
                narrator.say("taking an earlier demo down")
                take_down(narrator, folder)
            if not options.down:
                _play(story, narrator, folder, context=options.context, keeps=options.keep)
    except (DemoError, TestbedError) as error:
        print(f"demo: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("demo: interrupted; what it had made is removed", file=sys.stderr)
        return 130
    return 0


def _play(
    story: Story, narrator: Narrator, folder: Folder, *, context: str | None, keeps: bool
) -> None:
    if context is None:
        fleet_stage.check()
    started = time.monotonic()
    kept = False
    try:
        shell = play(story, narrator, folder, context=context)
        kept = keeps
    except (DemoError, TestbedError) as error:
        for name, log in read_logs(folder):
            if log and log not in str(error):
                narrator.say(f"\nThe log of the operator ({name}) ends:")
                narrator.output(log)
        raise
    finally:
        if not kept:
            with shielded(), narrator.chapter("Clearing up"):
                Background.stop_all()
                take_down(narrator, folder)
    narrator.say("")
    narrator.good(f"That was it, in {time.monotonic() - started:.0f} s. Read on:")
    narrator.output("\n".join(story.pages))
    for each in story.more:
        narrator.say(each)
    if kept:
        _tell_how_to_use(narrator, shell, story.hints)
    elif context is None:
        narrator.say("To look around in what it brings up: make demo KEEP=1")


def _tell_how_to_use(narrator: Narrator, shell: Shell, hints: Sequence[str]) -> None:
    """Print what a person needs to go on by hand."""
    stage = shell.stage
    path = ":".join(dict.fromkeys(str(tool.parent) for tool in stage.tools))
    exports = {
        "KUBECONFIG": str(stage.kubeconfig),
        "VAULT_ADDR": stage.vault_address,
        "VAULT_CACERT": str(stage.vault_ca),
        "VAULT_TOKEN": stage.root_token,
    }
    lines = [f"export {name}={shlex.quote(value)}" for name, value in exports.items()]
    narrator.say("\nIt stays up. To look around:\n")
    narrator.output("\n".join([*lines, f"export PATH={shlex.quote(path)}:$PATH"]))
    narrator.output("\n".join(hints))
    narrator.say("\nTo end it: make down")


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m demo", description=sys.modules["demo"].__doc__)
    parser.add_argument("--keep", action="store_true", help="leave it up at the end")
    parser.add_argument("--context", help="use this context's cluster instead of a testbed")
    parser.add_argument("--chapter", help="play this one alone: rotate")
    parser.add_argument("--down", action="store_true", help="take down what is left up, and end")
    return parser


if __name__ == "__main__":
    sys.exit(main())
