"""Do several things at once, and stop all of them when one fails."""

from collections.abc import Callable, Mapping
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait

from testbed import interrupt
from testbed.errors import Interrupted


def run_together(tasks: Mapping[str, Callable[[], None]]) -> None:
    """Run the tasks in threads and raise the first real failure once all have ended."""
    if not tasks:
        return
    with ThreadPoolExecutor(max_workers=len(tasks)) as pool:
        futures = [pool.submit(task) for task in tasks.values()]
        try:
            wait(futures, return_when=FIRST_EXCEPTION)
            if any(future.done() and future.exception() for future in futures):
                interrupt.request()
            wait(futures)
        except BaseException:
            interrupt.request()
            wait(futures)
            raise
    failures = [error for future in futures if (error := future.exception()) is not None]
    for error in failures:
        if not isinstance(error, Interrupted):
            raise error
    if failures:
        raise failures[0]
