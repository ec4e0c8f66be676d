"""What the pages say: gettext catalogues in `locale/`, English sentences as their keys, Indonesian first.

Read from the .po files themselves when the program starts: nothing has to be compiled, so nothing can be stale.
"""

import io
from functools import cache
from pathlib import Path
from typing import Literal, get_args

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations

Language = Literal["id", "en"]
LANGUAGES: tuple[Language, ...] = get_args(Language)
FOLDER = Path(__file__).parent / "locale"


@cache
def load_words(language: Language) -> Translations:
    """Read a catalogue, once per process."""
    with (FOLDER / f"{language}.po").open("rb") as file:
        catalogue = read_po(file, locale=language)
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return Translations(compiled)
