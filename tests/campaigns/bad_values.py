"""Every argument of a function with values that nobody expects: what is wrong with the answers."""

import inspect
import json
import os
import re
import resource
import signal
import tempfile
import time
import warnings
from collections import Counter
from pathlib import Path

import numpy as np

import glassnet as gn

#: seconds after which a call counts as hanging, and bytes that a call may take beyond what is there
_PATIENCE, _ROOM = 3.0, 3 * 2**30

MASKED = np.ma.masked_array([0.6, 1.0], mask=[True, False])
BAD = {
    "nothing": None,
    "true": True,
    "text": "x",
    "bytes": b"x",
    "object": object(),
    "function": len,
    "list": [],
    "table": {},
    "nan": float("nan"),
    "inf": float("inf"),
    "-inf": float("-inf"),
    "-1": -1,
    "0": 0,
    "half": 0.5,
    "2^31": 2**31,
    "2^40": 2**40,
    "2^63": 2**63,
    "huge": 10**400,
    "-huge": -(10**400),
    "largest": 1e308,
    "tiny": 5e-324,
    "complex": 1j,
    "nan array": np.full(3, np.nan),
    "empty array": np.empty(0),
    "flat": np.ones(7),
    "table of numbers": np.ones((2, 3)),
    "cube": np.ones((2, 2, 2)),
    "ragged": [[1.0], [1.0, 2.0]],
    "masked": MASKED,
    "masked table": np.ma.masked_array(np.ones((4, 4)), mask=np.eye(4)),
    "words": np.array(["a", "b"]),
    "objects": np.array([None, 1], dtype=object),
    "huge list": [10**400, 10**400],
    "truths": np.array([True, False]),
    "minus array": -np.ones(3),
    "complex array": np.ones(3) * 1j,
    "generator": iter([1, 2]),
}
#: values that are never right, whatever the argument: to be taken without a word is wrong as well
NEVER = {
    "object",
    "complex",
    "nan",
    "nan array",
    "masked",
    "masked table",
    "ragged",
    "words",
    "objects",
    "complex array",
}
NEVER |= {"huge list"}
#: what numpy says of the same
NUMPY = re.compile("ufunc|broadcast|ambiguous|inhomogeneous|loop of|Maximum allowed|array is too big|core dimension")
#: what an argument may be called in a message besides its name
ALSO = {"X": "inputs", "path": "no such file"}
#: so many may be asked for, if the user can change his mind
COUNTS = {"iterations", "sweeps", "n_sweeps", "thermalization", "max_sweeps", "n_networks", "n_updates", "instances"}
COUNTS |= {"waiting_times", "times", "count", "depth", "couplings"}


class Hanging(BaseException):
    """A call does not end."""


def fault(function, arguments, name, kind, slow=False):
    """What is wrong with the answer to a wrong value; None if nothing is."""
    given = arguments | {name: BAD[kind]}
    signal.setitimer(signal.ITIMER_REAL, _PATIENCE)
    begun = time.monotonic()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            function(**given)
    except (TypeError, ValueError) as error:
        text = str(error)
        # of two arguments that do not fit each other the message may begin with the other one
        named = any(other in text for other in arguments) or ALSO.get(name, name) in text
        ours = "must" in text or not NUMPY.search(text)
        return None if named and ours else f"{type(error).__name__} without {name}: {text[:150]}"
    except FloatingPointError as error:
        # what is documented where a rule of learning diverges
        return None if "rate" in str(error) else f"FloatingPointError: {error}"
    except OSError as error:
        return None if function is gn.open_chains else f"OSError: {error}"
    except Hanging:
        # a signal ended it, as Ctrl-C would
        return None if (name in COUNTS or slow) and time.monotonic() - begun < _PATIENCE + 2 else "hangs"
    except BaseException as error:
        return f"{type(error).__name__}: {str(error)[:150]}"
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    return "accepted" if kind in NEVER else None


def in_child(function, arguments):
    """(number of cases, faults) of every argument with every kind of bad value, in a process of its own."""

    def end(*_):
        raise Hanging

    report = Path(tempfile.mkstemp(dir=tempfile.gettempdir())[1])
    child = os.fork()
    if not child:
        code = 1
        try:
            used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
            resource.setrlimit(resource.RLIMIT_AS, (used + _ROOM, used + _ROOM))
            signal.signal(signal.SIGALRM, end)
            tried, wrong, begun = 0, {}, time.process_time()
            if function is not gn.open_chains:
                function(**arguments)
            slow = time.process_time() - begun > 0.2
            for name in arguments:
                for kind in BAD:
                    report.write_text(json.dumps([tried, wrong | {f"{name} = {kind}": "died"}]))
                    tried += 1
                    if text := fault(function, arguments, name, kind, slow):
                        wrong[f"{name} = {kind}"] = text
            report.write_text(json.dumps([tried, wrong]))
            code = 0
        finally:
            os._exit(code)
    os.waitpid(child, 0)
    try:
        return json.loads(report.read_text())
    finally:
        report.unlink()


def campaign(calls):
    """({function and case: what is wrong}, summary in words) of all arguments of the functions in a table."""
    counts, wrong = Counter(), {}
    for call, (function, arguments) in calls.items():
        tried, faults = in_child(function, arguments)
        counts["cases"] += tried
        counts.update("accepted" if fault == "accepted" else "wrong" for fault in faults.values())
        wrong |= {f"{call}: {case}": fault for case, fault in faults.items()}
    return wrong, f"{len(calls)} functions, {dict(counts)}"


def take_right_values(function, arguments):
    """Call a function with its right arguments, which must be its own."""
    assert set(arguments) <= set(inspect.signature(function).parameters) or "words" in str(inspect.signature(function))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        function(**arguments)
