"""Finds espeak-ng for a demonstration or a test: the machine's own, or Debian's packages in a private prefix.

espeak-ng is GPL-3.0: it is called as a program of its own and never linked. Production installs it, or names another
program in `SATULAYAR_API_SPEECH_PROGRAM`.
"""

import shutil
from pathlib import Path

from cloud.db.debian import Bundle, Say, say_to_person
from cloud.db.prefix import ensure_prefix

# Its sound libraries look for theirs by an absolute path, which the search path of a program does not override: so
# nothing is patched, and it is run by the prefix's own loader, which does.
ESPEAK = Bundle(name="espeak-ng", packages=("espeak-ng", "espeak-ng-data", "libc6"), programs=())
_RUN = """#!/bin/sh
exec {loader} --library-path {folder}:{folder}/pulseaudio {program} --path={folder} "$@"
"""


def find_espeak(say: Say = say_to_person) -> Path:
    """Return the program; fetch it if the machine has none.

    Raises:
        cloud.db.errors.Unavailable: it is not here and cannot be fetched now.
    """
    found = shutil.which("espeak-ng")
    if found:
        return Path(found)
    prefix = ensure_prefix(ESPEAK, say)
    run = prefix / "espeak-ng"
    if not run.exists():
        loader = next(prefix.glob("usr/lib/*-linux-gnu/ld-linux*.so*"))
        text = _RUN.format(loader=loader, folder=loader.parent, program=prefix / "usr/bin/espeak-ng")
        new = run.with_suffix(".new")
        new.write_text(text)
        new.chmod(0o755)
        new.replace(run)
    return run
