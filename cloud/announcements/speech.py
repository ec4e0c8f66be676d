"""Has a program speak a text: espeak-ng, which knows Indonesian and is on every Debian, or Piper with a voice file.

Both run as programs of their own and write a WAV to standard output; the text goes in by standard input, so that
nothing in it is ever an option or a command. Licences: espeak-ng is GPL-3.0, Piper's newer line (piper1-gpl) too, its
older one MIT; called as programs they bind nobody here. A voice of Piper's has a licence of its own: read its card.
Neither speaks Javanese or Madurese: announcements in these are recorded by people.
"""

import asyncio
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from cloud.announcements.rules import refusal
from cloud.announcements.sound import Sound, read_sound

MOST_TEXT = 800  # characters; about a minute
SPEAK_S = 30.0
WORDS_PER_MINUTE = 135  # slower than talk: a street echoes
MOST_WAV_BYTES = 20_000_000
_PIPER = "piper"


@dataclass(frozen=True, slots=True)
class Speech:
    """How texts are spoken here.

    Attributes:
        program: espeak-ng or piper, by name or path; empty: none.
        model: of Piper's Indonesian voice.
    """

    program: str = "espeak-ng"
    model: Path | None = None

    @property
    def engine(self) -> str:
        """What is written down as the speaker of a text."""
        name = Path(self.program).name
        return f"{name} {self.model.stem}" if self.model else name

    @property
    def is_there(self) -> bool:
        """Whether texts can be spoken."""
        return bool(self.program) and shutil.which(self.program) is not None

    async def speak(self, text: str, language: str) -> Sound:
        """Speak a text.

        Args:
            text: at most `MOST_TEXT` characters.
            language: `id` or `en`.

        Raises:
            Ruled: there is no such program here, it fails, or what it spoke is too long.
        """
        if not self.is_there:
            raise refusal("no_speech")
        if self.model is not None and language != "id":
            raise refusal("speech_failed", why=f"{self.model.stem}: {language}")
        return await read_sound(await self._run(text, language))

    async def _run(self, text: str, language: str) -> bytes:
        child = await asyncio.create_subprocess_exec(
            *self._command(language),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            # nothing of this process's secrets, and no server of sounds
            env={"PATH": os.environ.get("PATH", ""), "LANG": "C.UTF-8"},
        )
        try:
            async with asyncio.timeout(SPEAK_S):
                spoken, _ = await child.communicate(text.encode())
        except TimeoutError:
            spoken = b""
        finally:
            if child.returncode is None:
                child.kill()
                await child.wait()
        if child.returncode or not spoken or len(spoken) > MOST_WAV_BYTES:
            raise refusal("speech_failed", why=self.engine)
        return spoken

    def _command(self, language: str) -> list[str]:
        if self.model is not None:
            return [self.program, "--model", str(self.model), "--output_file", "-"]
        return [self.program, "-v", language, "-s", str(WORDS_PER_MINUTE), "-b", "1", "--stdin", "--stdout"]
