"""How a process that runs for long logs, also why it could not."""

from __future__ import annotations

import logging
import sys
from typing import NoReturn

import click

from roottrust.cli.terminal import EXIT_FAILED
from roottrust.domain.errors import RootTrustError

logger = logging.getLogger(__name__)

with_log_format = click.option(
    "--log-format",
    "log_form",
    type=click.Choice(["json", "console"]),
    help="Form of log lines. Default: what is configured, else console at a terminal and json "
    "elsewhere.",
)


def fail_in_log(error: RootTrustError) -> NoReturn:
    """Tell why the process ends as its last line, and end."""
    logger.critical("%s", error.message, extra={"reason": error.reason})
    sys.exit(EXIT_FAILED)
