"""Setting: the definition of one setting, and functions for definitions that are alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from vbsjob.config import values

if TYPE_CHECKING:
    from collections.abc import Callable


class Setting(NamedTuple):
    """One setting. `os` are variables and `cloud` keys of clouds.yaml that set it too."""

    name: str
    help: str
    """One sentence that says what the setting does."""
    os: tuple[str, ...] = ()
    cloud: tuple[str, ...] = ()
    parse: Callable[[Any], Any] = values.text
    default: Any = None
    secret: bool = False
    preference: bool = False
    """Whether config.toml's [defaults] may hold it."""

    @property
    def variable(self) -> str:
        """Environment variable of vbsjob for this setting."""
        return f"VBSJOB_{self.name.upper()}"

    @property
    def flag(self) -> str:
        """Name of the option, where a command has one."""
        return f"--{self.name.replace('_', '-')}"

    @property
    def sentence(self) -> str:
        """The help with the words that the setting accepts, if only some words are valid."""
        words = getattr(self.parse, "words", ())
        return f"{self.help} One of: {', '.join(words)}." if words else self.help

    def written(self, value: Any) -> str:
        """Return a value of this setting as a user writes it."""
        return values.written(self.parse, value)


def identity_setting(
    name: str, sentence: str, *os: str, secret: bool = False, parse: Any = values.text
) -> Setting:
    """Return a setting of the sign-in: by default OS_NAME, and NAME in a cloud or its `auth`."""
    also = (name, *(name.removeprefix("OS_").lower() for name in os[1:]))
    keys = tuple(dotted for name in also for dotted in (name, f"auth.{name}"))
    return Setting(name, sentence, os or (f"OS_{name.upper()}",), keys, secret=secret, parse=parse)


def file_setting(name: str, sentence: str) -> Setting:
    """Return a setting that is the path of a file."""
    return Setting(name, sentence, (f"OS_{name.upper()}",), (name,), preference=True)


def preference_setting(name: str, sentence: str, parse: Any, default: Any = None) -> Setting:
    """Return a setting of vbsjob alone, which [defaults] may hold."""
    return Setting(name, sentence, parse=parse, default=default, preference=True)
