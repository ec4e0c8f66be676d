"""Turns a sound file into what loudspeakers play. A program of its own, because the file is a stranger's.

Reads the file from standard input, writes G.711 µ-law to standard output, within bounds of memory and time; a library
that is led astray by a file takes this process with it and nothing else. Run it as
`python -m cloud.announcements.decoder wav < file`. Exit codes: 1 it is no sound of this kind, 2 too long, 3 silent.

Loudness: all clips are brought to the same level, measured where there is sound (gated, as ITU-R BS.1770-5 does it;
without its weighting by frequency, which a horn has of its own), with the peaks held below full scale.
"""

import io
import resource
import sys
from typing import Any

import av
import numpy as np
from av.error import FFmpegError
from numpy.typing import NDArray

from edge.contract.announcements import MOST_CLIP_S, RATE_HZ, encode

MEMORY_BYTES, TIME_S = 2_000_000_000, 20
NOT_SOUND, TOO_LONG, SILENT = 1, 2, 3
TARGET_DB, GATE_DB, MOST_GAIN_DB = -18.0, -45.0, 24.0
PEAK = 0.97
_BLOCK = RATE_HZ // 20  # 50 ms
FORMATS = ("wav", "ogg", "flac")


def main() -> int:
    """Decode standard input."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (TIME_S, TIME_S))
    try:
        samples = read(sys.stdin.buffer.read(), sys.argv[1])
    except (FFmpegError, IndexError, ValueError, MemoryError):
        return NOT_SOUND
    if len(samples) > MOST_CLIP_S * RATE_HZ:
        return TOO_LONG
    loud = normalise(samples)
    if loud is None:
        return SILENT
    sys.stdout.buffer.write(encode((loud * 32_767).astype("<i2").tobytes()))
    return 0


def read(content: bytes, kind: str) -> NDArray[np.float64]:
    """Read a file as samples of one channel, -1 to 1; no more than is needed to see that it is too long.

    Raises:
        ValueError: of another kind.
        FFmpegError: not a sound.
    """
    if kind not in FORMATS:
        raise ValueError(kind)
    parts: list[NDArray[Any]] = []
    resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE_HZ)
    with av.open(io.BytesIO(content), "r", format=kind) as file:
        for frame in file.decode(file.streams.audio[0]):
            parts += [out.to_ndarray().reshape(-1) for out in resampler.resample(frame)]
            if sum(map(len, parts)) > (MOST_CLIP_S + 1) * RATE_HZ:
                break
        parts += [out.to_ndarray().reshape(-1) for out in resampler.resample(None)]
    samples: NDArray[np.float64] = np.concatenate(parts).astype(float) / 32_768
    return samples


def normalise(samples: NDArray[np.float64]) -> NDArray[np.float64] | None:
    """Bring sound to the level of all clips; None where there is none."""
    blocks = len(samples) // _BLOCK
    power = (samples[: blocks * _BLOCK].reshape(blocks, _BLOCK) ** 2).mean(axis=1)
    gate = 10 ** (GATE_DB / 10)
    if not (power > gate).any():
        return None
    level_db = 10 * np.log10(power[power > gate].mean())
    gain = 10 ** (min(TARGET_DB - level_db, MOST_GAIN_DB) / 20)
    return _limit(samples * gain)


def _limit(samples: NDArray[np.float64]) -> NDArray[np.float64]:
    """Bend what is over two thirds of full scale softly towards it."""
    knee = 0.66
    over = np.abs(samples) > knee
    bent = knee + (PEAK - knee) * np.tanh((np.abs(samples) - knee) / (PEAK - knee))
    return np.where(over, np.sign(samples) * bent, samples)


if __name__ == "__main__":
    sys.exit(main())
