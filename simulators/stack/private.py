"""Secrets in files: readable by their owner only, from the first byte on."""

import os
from pathlib import Path


def write_private(path: Path, text: str) -> None:
    """Write a secret that only its owner may read."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text + "\n")
