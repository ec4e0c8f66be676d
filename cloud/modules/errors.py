"""What can be wrong with a module, sorted by what becomes of it.

```
cloud.errors.CloudError
├── Misconfigured     the manifest, or the operator's settings: the module does not run until somebody changes them
└── SourceFailed      the run ends with nothing stored; the last good figures stay, with their age
    └── SourceAway    the source may be there again later: tried again within the run
```

Both have their sentence in Indonesian and English, for whoever looks at the run's log.
"""

from cloud.errors import CloudError, Misconfigured, Refused, Unavailable

__all__ = ["Misconfigured", "Refused", "SourceAway", "SourceFailed", "Unavailable"]


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
