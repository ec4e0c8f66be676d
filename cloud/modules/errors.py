"""What can be wrong with a module, sorted by what becomes of it.

```
cloud.errors.CloudError
├── Misconfigured     the manifest, or the operator's settings: the module does not run until somebody changes them
│   └── Unset         the same with its sentence in both languages, for a run's log
└── SourceFailed      the run ends with nothing stored; the last good figures stay, with their age
    └── SourceAway    the source may be there again later: tried again within the run
```

What stands in a run's log has its sentence in Indonesian and English.
"""

from cloud.errors import CloudError, Misconfigured, Refused, Unavailable

__all__ = ["Misconfigured", "Refused", "SourceAway", "SourceFailed", "Unavailable", "Unset"]


class Unset(Misconfigured):
    """A source cannot be asked before somebody has set what it needs.

    Args:
        text_id: what is wrong and what to do, in Indonesian.
        text_en: the same in English.
    """

    def __init__(self, text_id: str, text_en: str) -> None:
        super().__init__(text_en)
        self.text_id = text_id
        self.text_en = text_en


class SourceFailed(CloudError):
    """A source gave nothing that can be stored.

    Args:
        text_id: what is wrong and what to do, in Indonesian.
        text_en: the same in English.
    """

    def __init__(self, text_id: str, text_en: str) -> None:
        super().__init__(text_en)
        self.text_id = text_id
        self.text_en = text_en


class SourceAway(SourceFailed):
    """A source cannot be reached, or is busy; trying again later may help."""
