"""The command line: real clusters and a real Vault, by hand."""

import argparse
import os
import shlex
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType

from testbed import preflight
from testbed.bed import Testbed
from testbed.errors import TestbedError
from testbed.report import build_report
from testbed.status import describe
from testbed.vault import DEFAULT_NAMES, PORTS, VaultOptions

_DESCRIPTION = """\
Real Kubernetes clusters and a real Vault on this machine, each cluster in a network namespace
of its own with a real node. Needs root and Linux; obtains everything else itself.
"""

_EXAMPLES = """\
examples:
  python -m testbed up c1 c2            two clusters and OpenBao; the first time builds for
                                        ten minutes, later it takes seconds
  python -m testbed status              what is up, and where
  eval "$(python -m testbed env c1)"    then use kubectl, and bao or vault, as ever
  python -m testbed exec c1 kubectl get pods -A
  python -m testbed logs c1 kubelet     what a part said
  python -m testbed down                take everything down, also what a killed run left

environment:
  TESTBED_STATE   folder of what is up (default /var/lib/testbed)
  TESTBED_RANGE   N of the networks 10.N, 10.N+1 and 10.N+2 (default 77); a second testbed on
                  this machine needs another state folder and another range
  XDG_CACHE_HOME  parts are kept below it, in testbed (default ~/.cache)
"""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command; end with one sentence and exit code 1 when it cannot be done."""
    options = _parser().parse_args(arguments)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)
    try:
        preflight.check_machine()
        command: Callable[[Testbed, argparse.Namespace], None] = options.command
        command(Testbed(), options)
    except TestbedError as error:
        print(f"testbed: {error}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        print("testbed: interrupted; what was started is taken down", file=sys.stderr)
        sys.exit(130)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _up(bed: Testbed, options: argparse.Namespace) -> None:
    names = options.vault_name or DEFAULT_NAMES
    kinds = {"both": tuple(PORTS), "none": ()}.get(options.vault, (options.vault,))
    vaults = [VaultOptions(kind, options.storage, tuple(names)) for kind in kinds]
    clusters = options.names or ["c1"]
    images = bed.provide_istio().archives if options.istio else ()
    bed.up(clusters, vault=vaults, nodes=not options.no_nodes)
    for name in clusters if images else ():
        bed.load_images(name, images)
    print(describe(bed))


def _image(bed: Testbed, options: argparse.Namespace) -> None:
    built = bed.build_image(options.folder, options.name)
    own, base = (size / 1e6 for size in built.sizes())
    print(f"{built.name}: {own:.1f} MB on a base of {base:.1f} MB\n{built.archive}")
    if options.load:
        bed.load_images(options.load, [built.archive])


def _down(bed: Testbed, options: argparse.Namespace) -> None:
    bed.down(options.names or None)


def _status(bed: Testbed, options: argparse.Namespace) -> None:  # noqa: ARG001  a command's shape
    print(describe(bed))


def _env(bed: Testbed, options: argparse.Namespace) -> None:
    for name, value in bed.environment(options.name).items():
        print(f"export {name}={shlex.quote(value)}")
    print(f"export PATH={shlex.quote(str(bed.tools()))}:$PATH")


def _logs(bed: Testbed, options: argparse.Namespace) -> None:
    print(bed.logs(options.name, options.part))


def _report(bed: Testbed, options: argparse.Namespace) -> None:
    print(build_report(bed, kinds=options.kind or ()))


def _exec(bed: Testbed, options: argparse.Namespace) -> None:
    words = options.words[1:] if options.words[:1] == ["--"] else options.words
    if not words:
        raise TestbedError("Say which command to run, as in `exec c1 kubectl get pods`.")
    environment = {**os.environ, **bed.environment(options.name)}
    environment["PATH"] = f"{bed.tools()}:{environment.get('PATH', os.defpath)}"
    if options.inside:
        namespace = Path("/run/netns") / bed.cluster(options.name).namespace
        words = ["nsenter", f"--net={namespace}", "--", *words]
    try:
        os.execvpe(words[0], words, environment)  # noqa: S606  the user's own command
    except FileNotFoundError:
        raise TestbedError(f"There is no command {words[0]}.") from None


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m testbed",
        description=_DESCRIPTION,
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    up = commands.add_parser("up", help="bring clusters and Vault up; harmless when they are")
    up.add_argument("names", nargs="*", metavar="NAME", help="clusters (default: c1)")
    up.add_argument(
        "--vault", choices=[*PORTS, "both", "none"], default="openbao", help="which server"
    )
    up.add_argument(
        "--storage",
        choices=["dev", "file"],
        default="dev",
        help="dev: in memory, empty after a restart; file: keeps its data, can be sealed",
    )
    up.add_argument(
        "--vault-name",
        action="append",
        metavar="NAME",
        help="a name that Vault's certificate has and that pods resolve; "
        f"may be repeated (default: {', '.join(DEFAULT_NAMES)})",
    )
    up.add_argument("--no-nodes", action="store_true", help="control planes only: no pods")
    up.add_argument(
        "--istio",
        action="store_true",
        help="load istiod's and its workloads' images, and have env give Helm and the charts",
    )
    up.set_defaults(command=_up)

    image = commands.add_parser("image", help="build an image by its Dockerfile")
    image.add_argument("folder", type=Path, metavar="FOLDER", help="where the Dockerfile is")
    image.add_argument("name", metavar="IMAGE", help="for example localhost/program:dev")
    image.add_argument("--load", metavar="NAME", help="a cluster whose pods are to run it")
    image.set_defaults(command=_image)

    down = commands.add_parser("down", help="take things down, and clear what a killed run left")
    down.add_argument("names", nargs="*", metavar="NAME", help="clusters or Vaults (default: all)")
    down.set_defaults(command=_down)

    status = commands.add_parser("status", help="show what is up and whether it is well")
    status.set_defaults(command=_status)

    env = commands.add_parser("env", help="print exports for a shell: KUBECONFIG, VAULT_*, PATH")
    env.add_argument("name", metavar="NAME")
    env.set_defaults(command=_env)

    logs = commands.add_parser("logs", help="print a part's log, or the ends of all of them")
    logs.add_argument("name", metavar="NAME", help="a cluster or Vault")
    logs.add_argument("part", nargs="?", metavar="PART", help="for example kubelet")
    logs.set_defaults(command=_logs)

    report = commands.add_parser("report", help="print status, events and the ends of all logs")
    report.add_argument(
        "--kind", action="append", metavar="KIND", help="show its objects too; may be repeated"
    )
    report.set_defaults(command=_report)

    execute = commands.add_parser("exec", help="run a command with a cluster's environment")
    execute.add_argument("--inside", action="store_true", help="in the node's network namespace")
    execute.add_argument("name", metavar="NAME")
    execute.add_argument("words", nargs=argparse.REMAINDER, metavar="COMMAND")
    execute.set_defaults(command=_exec)
    return parser
