"""Errors of the cloud's programs, sorted by what the caller can do about them.

```
CloudError
├── Unavailable     try again later: a server is down or busy
│   └── Crowded     this program has as much to do as it may; its message is for the caller
├── Misconfigured   stop; the message says what to fix
├── Spoilt          what is kept is not what was sent, or cannot be read; nobody can mend it by asking again
└── Refused         the other side understood and said no, with its reason
    ├── NotFound    there is no such thing
    ├── Invalid     what was asked for makes no sense
    ├── Unauthenticated  nobody knows who is asking
    ├── Forbidden   whoever asks may not
    └── TooMany     whoever asks does so too often
```

`Ruled` is mixed into those that name the rule by which something was refused, in Indonesian and English.
"""


class CloudError(Exception):
    """Something in the cloud went wrong."""


class Unavailable(CloudError):
    """The other side cannot be reached now; trying again later may help."""


class Crowded(Unavailable):
    """This program has as much to do as it may; its message is for whoever asks."""


class Misconfigured(CloudError):
    """This cannot work until somebody changes something; the message names it."""


class Spoilt(CloudError):
    """What is kept is not what was sent, or cannot be read; the message says what it is."""


class Refused(CloudError):
    """The other side understood and said no."""


class NotFound(Refused):
    """There is no such thing."""


class Invalid(Refused):
    """What was asked for makes no sense; the message says what would."""


class Unauthenticated(Refused):
    """Nobody knows who is asking."""


class Forbidden(Refused):
    """Whoever asks may not do this."""


class TooMany(Refused):
    """Whoever asks does so too often; waiting helps."""


class Ruled(CloudError):
    """A rule says no.

    Args:
        rule: its code.
        text_id: the sentence in Indonesian.
        text_en: the same in English.
    """

    def __init__(self, rule: str, text_id: str, text_en: str) -> None:
        super().__init__(text_en)
        self.rule = rule
        self.text_id = text_id
        self.text_en = text_en
