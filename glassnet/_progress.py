"""Progress reports of long computations."""

import contextlib


@contextlib.contextmanager
def reporter(progress, total: int, steps: str = "sweeps"):
    """Yield a function of the steps done: nothing for False, a bar for True, the user's own for a callable."""
    if callable(progress):
        yield lambda done: progress(done, total)
    elif progress:
        from rich.progress import Progress

        with Progress(transient=True) as bar:
            task = bar.add_task(steps, total=total)
            yield lambda done: bar.update(task, completed=done)
    else:
        yield lambda done: None
