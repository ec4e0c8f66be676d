"""Runs a model once in a process of its own, before the agent takes it into its own.

A model of which a few bytes are wrong may end the process that runs it (the runtimes trust a file that has the form of
one), or never come back. What was found is remembered beside the recordings, by the file's digest.
"""

import contextlib
import hashlib
import json
import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from edge.errors import Misconfigured
from edge.vision.reasons import Reason, because, system_reason
from edge.vision.runtime import make_interpreter, runtime_name

WITHIN_S = 30.0
MOST_MEMORY_BYTES = 1 << 30  # of addresses, its libraries' among them
ROUNDS = 5
WELL = Reason("", "")
REFUSED_FOR_S = 86_400.0  # then it is tried again: a box may have been too busy


def prove(name: str, content: bytes, memory: Path | None) -> None:
    """Have a model run once.

    Args:
        name: of its file.
        content: of it.
        memory: directory of what was found before; None remembers nothing.

    Raises:
        Misconfigured: it does not run, or ends or holds up the process that runs it.
    """
    digest = hashlib.sha256(runtime_name().encode() + content).hexdigest()
    found = _recall(memory, digest)
    if found is None:
        found = _try(content)
        _remember(memory, digest, found)
    if found:
        raise Misconfigured(because("model", name=name, what=found))


def _try(content: bytes) -> Reason:
    """Run it in a child; say what is wrong, nothing when all is well."""
    try:
        child = subprocess.run(
            [sys.executable, "-m", "edge.vision.proving"],
            input=content,
            capture_output=True,
            env=os.environ | {"MALLOC_PERTURB_": "165"},  # what was freed, or never written, is no zero: mallopt(3)
            timeout=WITHIN_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return because("model_hangs", seconds=WITHIN_S)
    except OSError as error:
        return because("model_untried", what=system_reason(error))
    if child.returncode < 0:
        return because("model_kills", signal=signal.Signals(-child.returncode).name)
    said = child.stdout.decode("utf-8", "replace").strip()
    if said:
        return because("model_tried", what=said[:300])
    return because("model_damaged") if child.returncode else WELL


def _recall(memory: Path | None, digest: str) -> Reason | None:
    if memory is None:
        return None
    with contextlib.suppress(OSError, ValueError, TypeError):
        file = memory / digest
        found = Reason(*json.loads(file.read_text("utf-8")))
        if not found or time.time() - file.stat().st_mtime < REFUSED_FOR_S:
            return found
    return None


def _remember(memory: Path | None, digest: str, found: Reason) -> None:
    if memory is None:
        return
    with contextlib.suppress(OSError):  # a full disk: it is tried again at the next start
        memory.mkdir(mode=0o700, parents=True, exist_ok=True)
        for old in sorted(memory.iterdir(), key=lambda one: one.stat().st_mtime)[:-20]:
            old.unlink()
        part = memory / f"{digest}.part"
        part.write_text(json.dumps([found.id, found]), "utf-8")
        part.replace(memory / digest)


def main() -> int:
    """Run the model that comes on standard input; what is wrong with it goes to standard output."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY_BYTES, MOST_MEMORY_BYTES))
    try:
        interpreter = make_interpreter(sys.stdin.buffer.read())
        random = np.random.default_rng(1)
        for level in (0, 77, *[None] * ROUNDS):  # None: noise; what writes where it must not is seen sooner or later
            for one in interpreter.get_input_details():
                noise = random.integers(0, 120, one["shape"])
                interpreter.set_tensor(
                    one["index"], (noise if level is None else noise * 0 + level).astype(one["dtype"])
                )
            interpreter.invoke()
            for one in interpreter.get_output_details():
                interpreter.get_tensor(one["index"])
    except Exception as error:  # noqa: BLE001 - whatever it is, it is what is wrong with the model
        sys.stdout.write(" ".join(f"{error or type(error).__name__}".split()))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
