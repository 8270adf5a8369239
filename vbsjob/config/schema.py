"""Every setting there is, written once: its noun, variables, file keys and what it may hold.

Options, VBSJOB_* variables and config.toml's keys are all made from the noun.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, get_args

from vbsjob.config import endpoints

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Format = Literal["table", "json", "jsonl", "yaml", "csv", "value", "env", "name"]
Progress = Literal["auto", "tty", "plain", "json", "none"]
Sort = Literal["api", "begin", "duration", "status"]
Color = Literal["auto", "always", "never"]
DURATION = re.compile(r"(?=[0-9])(?:([0-9]{1,6})h)?(?:([0-9]{1,6})m)?(?:([0-9]{1,9})s?)?")


def _text(raw: Any) -> str:
    if isinstance(raw, bool) or not isinstance(raw, str | int | float):
        raise ValueError("is no text")  # noqa: TRY004 - the value is wrong, not the program
    return str(raw)


def _name(raw: Any) -> str:
    if not endpoints.NAME.fullmatch(_text(raw)):
        raise ValueError("is not 1 to 64 letters, digits, '_' and '-'")
    return str(raw)


def _boolean(raw: Any) -> bool:
    words = {"true": True, "yes": True, "on": True, "1": True}
    words |= {"false": False, "no": False, "off": False, "0": False}
    if str(raw).lower() not in words:
        raise ValueError("is neither true nor false")
    return words[str(raw).lower()]


def duration(raw: Any) -> float:
    """Read a duration in seconds: 90, 90s, 15m or 1h30m; raises ValueError."""
    match = DURATION.fullmatch(str(raw))
    if match is None:
        raise ValueError("is no duration; write 90, 90s, 15m or 1h30m")
    hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return float(hours * 3600 + minutes * 60 + seconds)


def _timeout(raw: Any) -> float:
    if duration(raw) == 0:
        raise ValueError("could mean no time or no limit; leave it away to wait without limit")
    return duration(raw)


def _interval(raw: Any) -> float:
    if duration(raw) < 1:
        raise ValueError("is less than a second")
    return duration(raw)


def _mebibytes(raw: Any) -> int:
    if not re.fullmatch(r"[1-9][0-9]{0,3}", str(raw)):
        raise ValueError("is no whole number of MiB from 1 to 9999")
    return int(raw) << 20


def _one_of(*words: str) -> Callable[[Any], str]:
    def parse(raw: Any) -> str:
        if raw not in words:
            raise ValueError(f"is not one of {', '.join(words)}")
        return str(raw)

    return parse


def _depth(raw: Any) -> int:
    if isinstance(raw, bool) or not re.fullmatch(r"[0-9]{1,4}", str(raw)):
        raise ValueError("is no number of levels from 0 to 9999")
    return int(raw)


KINDS = {
    "failed": "FAIL",
    "running": "RUNNING",
    "waiting": "INIT",
    "done": "SUCCESS",
    "other": "other",
}
"""What --only calls the kinds of status; the service's own words are understood too."""


def _kinds(raw: Any) -> tuple[str, ...]:
    words = [word.strip() for word in str(raw).split(",")]
    if not set(words) <= {*KINDS, *KINDS.values()}:
        raise ValueError(f"is no list of {', '.join(KINDS)}")
    return tuple(KINDS.get(word, word) for word in words)


class Setting(NamedTuple):
    """One setting: its noun, and the OS_* variables and keys of a cloud that also tell it."""

    noun: str
    os: tuple[str, ...] = ()
    cloud: tuple[str, ...] = ()
    parse: Callable[[Any], Any] = _text
    default: Any = None
    secret: bool = False
    preference: bool = False
    """Whether config.toml's [defaults] may hold it."""

    @property
    def variable(self) -> str:
        """Its own environment variable."""
        return f"VBSJOB_{self.noun.upper()}"

    @property
    def flag(self) -> str:
        """Its option, where a command has one."""
        return f"--{self.noun.replace('_', '-')}"


def _identity(noun: str, *os: str, secret: bool = False, parse: Any = _text) -> Setting:
    also = (noun, *(name.removeprefix("OS_").lower() for name in os[1:]))
    keys = tuple(dotted for name in also for dotted in (name, f"auth.{name}"))
    return Setting(noun, os or (f"OS_{noun.upper()}",), keys, secret=secret, parse=parse)


def _preference(noun: str, parse: Any, default: Any = None) -> Setting:
    return Setting(noun, parse=parse, default=default, preference=True)


OVERRIDES = ("vbs_endpoint_override", "volume_backup_endpoint_override")
SETTINGS = (
    Setting("cloud", ("OS_CLOUD",), preference=True),
    Setting("region", ("OS_REGION_NAME",), ("region_name",), parse=_name, preference=True),
    Setting(
        "interface",
        ("OS_INTERFACE", "OS_ENDPOINT_TYPE"),
        ("interface", "endpoint_type"),
        default="public",
        preference=True,
    ),
    Setting("endpoint", cloud=OVERRIDES, preference=True),
    Setting("cacert", ("OS_CACERT",), ("cacert",), preference=True),
    Setting("cert", ("OS_CERT",), ("cert",), preference=True),
    Setting("key", ("OS_KEY",), ("key",), preference=True),
    Setting("verify", (), ("verify",), parse=_boolean, default=True, preference=True),
    Setting("insecure", ("OS_INSECURE",), ("insecure",), parse=_boolean, default=False),
    _preference("project", _text),
    _identity("project_id", "OS_PROJECT_ID", "OS_TENANT_ID", parse=_name),
    _identity("project_name", "OS_PROJECT_NAME", "OS_TENANT_NAME"),
    Setting("auth_type", ("OS_AUTH_TYPE",), ("auth_type", "auth_plugin")),
    _identity("auth_url"),
    _identity("username"),
    _identity("user_id"),
    _identity("user_domain_id"),
    _identity("user_domain_name"),
    _identity("project_domain_id"),
    _identity("project_domain_name"),
    _identity("domain_id"),
    _identity("domain_name"),
    _identity("password", secret=True),
    _identity("passcode", secret=True),
    _identity("token", "OS_TOKEN", "OS_AUTH_TOKEN", secret=True),
    _identity("application_credential_id"),
    _identity("application_credential_name"),
    _identity("application_credential_secret", secret=True),
    Setting(
        "access_key",
        ("OS_ACCESS_KEY", "S3_ACCESS_KEY_ID", "HUAWEICLOUD_SDK_AK"),
        ("auth.ak", "auth.access_key", "ak", "access_key"),
        secret=True,
    ),
    Setting(
        "secret_key",
        ("OS_SECRET_KEY", "S3_SECRET_ACCESS_KEY", "HUAWEICLOUD_SDK_SK"),
        ("auth.sk", "auth.secret_key", "sk", "secret_key"),
        secret=True,
    ),
    _identity("security_token", secret=True),
    _preference("cache", _boolean, default=True),
    _preference("history", _boolean, default=True),
    _preference("insecure_http", _boolean, default=False),
    _preference("output", _one_of(*get_args(Format))),
    _preference("color", _one_of(*get_args(Color)), "auto"),
    _preference("depth", _depth),
    _preference("only", _kinds, ()),
    _preference("sort", _one_of(*get_args(Sort)), "api"),
    _preference("ascii", _boolean, default=False),
    _preference("verbose", _boolean, default=False),
    _preference("quiet", _boolean, default=False),
    _preference("exit_status", _boolean, default=False),
    _preference("retry_for", duration),
    _preference("timeout", _timeout),
    _preference("interval", _interval),
    _preference("wait_for_job", duration, 30.0),
    _preference("fail_fast", _boolean, default=False),
    _preference("any", _boolean, default=False),
    _preference("progress", _one_of(*get_args(Progress)), "auto"),
    _preference("heartbeat", _interval, 60.0),
    _preference("bell", _boolean, default=False),
    _preference("github", _boolean, default=False),
    _preference("junit", _text),
    _preference("body_limit", _mebibytes, 4 << 20),
)
SETTINGS_BY_NAME = {key.noun: key for key in SETTINGS}
OTHER_VARIABLES = {
    "OS_CLIENT_CONFIG_FILE": "the clouds.yaml to read",
    "OS_CLIENT_SECURE_FILE": "the secure.yaml to read",
    "OS_CLIENT_VENDOR_FILE": "the clouds-public.yaml to read",
    "HTTPS_PROXY": "the proxy for https; each of these four in lower case too",
    "HTTP_PROXY": "the proxy for http",
    "ALL_PROXY": "the proxy for both",
    "NO_PROXY": "the hosts that are reached without one",
    "SSL_CERT_FILE": "the authorities that are trusted, where cacert is not set",
    "SSL_CERT_DIR": "a folder of such",
    "NO_COLOR": "no colour, where --color does not decide",
    "FORCE_COLOR": "colour, also where there is no terminal",
    "TERM": "whether the terminal can draw: not a dumb one",
    "ACCESSIBLE": "lines of words instead of a picture",
    "CI": "the same",
    "GITHUB_OUTPUT": "where --github writes outputs",
    "GITHUB_STEP_SUMMARY": "where --github writes its summary",
    "HOME": "where files of the user's lie",
    "XDG_CONFIG_HOME": "where config.toml and clouds.yaml lie instead",
    "XDG_CACHE_HOME": "where tokens are kept instead",
    "XDG_STATE_HOME": "where the history is kept instead",
}
"""Every variable that is heeded beside the settings' own, and for what."""


def variables_in_use(env: Mapping[str, str]) -> list[str]:
    """Return which of them are set, as they are spelled."""
    proxies = [name.lower() for name in OTHER_VARIABLES if name.endswith("_PROXY")]
    return [name for name in (*OTHER_VARIABLES, *proxies) if env.get(name)]
