"""All settings, each defined once: name, help sentence, variables, file keys, type of its value.

Options, VBSJOB_* variables, keys of config.toml, help and man pages are made from this table.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple, get_args

from vbsjob.config import values

if TYPE_CHECKING:
    from collections.abc import Callable

Progress = Literal["auto", "tty", "plain", "json", "none"]
Sort = Literal["api", "begin", "duration", "status"]
Color = Literal["auto", "always", "never"]


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


def _identity(
    name: str, sentence: str, *os: str, secret: bool = False, parse: Any = values.text
) -> Setting:
    also = (name, *(name.removeprefix("OS_").lower() for name in os[1:]))
    keys = tuple(dotted for name in also for dotted in (name, f"auth.{name}"))
    return Setting(name, sentence, os or (f"OS_{name.upper()}",), keys, secret=secret, parse=parse)


def _file(name: str, sentence: str) -> Setting:
    return Setting(name, sentence, (f"OS_{name.upper()}",), (name,), preference=True)


def _preference(name: str, sentence: str, parse: Any, default: Any = None) -> Setting:
    return Setting(name, sentence, parse=parse, default=default, preference=True)


SETTINGS = (
    Setting(
        "cloud",
        "Name of a cloud in clouds.yaml or config.toml, or 'sandbox'.",
        os=("OS_CLOUD",),
        preference=True,
    ),
    Setting(
        "region",
        "Region, such as eu-de.",
        os=("OS_REGION_NAME", "OS_REGION"),
        cloud=("region_name",),
        parse=values.name,
        preference=True,
    ),
    Setting(
        "interface",
        "Which address of the service catalog is used: public, internal or admin.",
        os=("OS_INTERFACE", "OS_ENDPOINT_TYPE"),
        cloud=("interface", "endpoint_type"),
        default="public",
        preference=True,
    ),
    Setting(
        "endpoint",
        "Address (URL) of the backup service, instead of the one in the service catalog.",
        os=("OS_VBS_ENDPOINT_OVERRIDE", "OS_VOLUME_BACKUP_ENDPOINT_OVERRIDE"),
        cloud=("vbs_endpoint_override", "volume_backup_endpoint_override"),
        preference=True,
    ),
    _file("cacert", "File with the CA certificates to trust, instead of the system's."),
    _file("cert", "File with a client certificate."),
    _file("key", "File with the private key of the client certificate."),
    Setting(
        "verify",
        "Check the certificates of the services; yes by default.",
        cloud=("verify",),
        parse=values.boolean,
        default=True,
        preference=True,
    ),
    Setting(
        "insecure",
        "Do not check certificates; every run prints a warning.",
        os=("OS_INSECURE",),
        cloud=("insecure",),
        parse=values.boolean,
        default=False,
    ),
    _preference("project", "Project, by id or by name.", values.text),
    _identity(
        "project_id", "Id of the project.", "OS_PROJECT_ID", "OS_TENANT_ID", parse=values.name
    ),
    _identity("project_name", "Name of the project.", "OS_PROJECT_NAME", "OS_TENANT_NAME"),
    Setting(
        "auth_type",
        "Sign-in method, such as password, token or aksk; by default the first complete one.",
        os=("OS_AUTH_TYPE",),
        cloud=("auth_type", "auth_plugin"),
    ),
    Setting(
        "auth_methods",
        "Methods that auth_type v3multifactor combines, such as v3password,v3totp.",
        os=("OS_AUTH_METHODS",),
        cloud=("auth_methods", "auth.auth_methods"),
        parse=values.words,
    ),
    _identity("auth_url", "Address (URL) of the identity service (IAM, Keystone), version 3."),
    _identity("username", "Name of the user."),
    _identity("user_id", "Id of the user; replaces the name and the domain of the user."),
    _identity("user_domain_id", "Id of the user's domain."),
    _identity("user_domain_name", "Name of the user's domain."),
    _identity("project_domain_id", "Id of the project's domain; by default the user's domain."),
    _identity("project_domain_name", "Name of the project's domain; by default the user's domain."),
    _identity("domain_id", "Id of the domain of both the user and the project."),
    _identity("domain_name", "Name of the domain of both the user and the project."),
    _identity("default_domain_id", "Like domain_id, if no other domain is set."),
    _identity("default_domain_name", "Like domain_name, if no other domain is set."),
    _identity(
        "password",
        "Password of the user; on a terminal vbsjob prompts for it if it is missing.",
        secret=True,
    ),
    _identity(
        "passcode",
        "One-time code of multi-factor sign-in (TOTP); it is valid for one sign-in.",
        secret=True,
    ),
    _identity(
        "token",
        "Token that is sent as it is, without a sign-in.",
        "OS_TOKEN",
        "OS_AUTH_TOKEN",
        secret=True,
    ),
    _identity("application_credential_id", "Id of an application credential."),
    _identity(
        "application_credential_name", "Name of an application credential; needs the user too."
    ),
    _identity(
        "application_credential_secret", "Secret of the application credential.", secret=True
    ),
    Setting(
        "access_key",
        "Access key (AK) that signs requests.",
        os=("OS_ACCESS_KEY", "S3_ACCESS_KEY_ID", "HUAWEICLOUD_SDK_AK"),
        cloud=("auth.ak", "auth.access_key", "ak", "access_key"),
        secret=True,
    ),
    Setting(
        "secret_key",
        "Secret key (SK) that belongs to the access key.",
        os=("OS_SECRET_KEY", "S3_SECRET_ACCESS_KEY", "HUAWEICLOUD_SDK_SK"),
        cloud=("auth.sk", "auth.secret_key", "sk", "secret_key"),
        secret=True,
    ),
    Setting(
        "security_token",
        "Session token of a temporary access key.",
        os=("OS_SECURITY_TOKEN", "S3_SECURITY_TOKEN", "HUAWEICLOUD_SDK_SECURITY_TOKEN"),
        cloud=("security_token", "auth.security_token"),
        secret=True,
    ),
    _preference(
        "cache",
        "Store the token and the history on this machine; --no-cache stores nothing.",
        values.boolean,
        default=True,
    ),
    _preference(
        "history",
        "Store the ids of queried jobs on this machine, for @last, Tab and 'vbsjob list'.",
        values.boolean,
        default=True,
    ),
    _preference(
        "insecure_http",
        "Allow plain http to another machine: credentials are sent unencrypted.",
        values.boolean,
        default=False,
    ),
    _preference("output", "Format of stdout; table by default.", values.text),
    _preference(
        "color", "Use colours; NO_COLOR is respected.", values.OneOf(get_args(Color)), "auto"
    ),
    _preference(
        "depth", "Show this number of levels of sub-jobs, and count the rest.", values.depth
    ),
    _preference(
        "only",
        "Show only sub-jobs with these statuses, and the jobs above them.",
        values.statuses,
        (),
    ),
    _preference(
        "sort",
        "Order of sub-jobs; api is the order of the service.",
        values.OneOf(get_args(Sort)),
        "api",
    ),
    _preference("all", "Show each sub-job in a separate row.", values.boolean, default=False),
    _preference("details", "Show every member of every sub-job.", values.boolean, default=False),
    _preference("utc", "Show times in UTC, not in the local zone.", values.boolean, default=False),
    _preference("ascii", "Draw with ASCII characters only.", values.boolean, default=False),
    _preference("verbose", "Print each HTTP request to stderr.", values.boolean, default=False),
    _preference(
        "quiet",
        "Print only errors; the exit code is the result.",
        values.boolean,
        default=False,
    ),
    _preference(
        "exit_status",
        "Exit with the state of the job: 0 SUCCESS, 1 FAIL, 8 not ended.",
        values.boolean,
        default=False,
    ),
    _preference(
        "retry_for",
        "Give up after this time without an answer; 60s by default, 15m with watch.",
        values.duration,
    ),
    _preference(
        "timeout",
        "Stop watching after this time, with exit code 124; no limit by default.",
        values.timeout,
    ),
    _preference(
        "interval",
        "Query at this interval; by default 2s to 150s, depending on the expected end.",
        values.interval,
    ),
    _preference(
        "wait_for_job",
        "Wait this long for an id that the service does not know yet; 30s by default.",
        values.duration,
        30.0,
    ),
    _preference(
        "fail_fast",
        "Stop with exit code 1 as soon as a job or a sub-job is FAIL.",
        values.boolean,
        default=False,
    ),
    _preference(
        "any",
        "Stop as soon as one job has ended; its result is the exit code.",
        values.boolean,
        default=False,
    ),
    _preference(
        "progress",
        "What stderr shows during a watch; auto draws on a terminal and prints lines elsewhere.",
        values.OneOf(get_args(Progress)),
        "auto",
    ),
    _preference(
        "heartbeat",
        "Print a line at least this often when progress is plain; 60s by default.",
        values.interval,
        60.0,
    ),
    _preference("notify", "Send a desktop notification at the end.", values.boolean, default=False),
    _preference("bell", "Ring the terminal bell at the end.", values.boolean, default=False),
    _preference(
        "github",
        "Write annotations, a step summary and outputs for GitHub Actions.",
        values.boolean,
        default=False,
    ),
    _preference(
        "junit", "Write a JUnit report to this file, with one test case per sub-job.", values.text
    ),
    _preference("body_limit", "Largest response, in MiB; 4 by default.", values.mebibytes, 4 << 20),
)
SETTINGS_BY_NAME = {setting.name: setting for setting in SETTINGS}
SECRET_KEYS = frozenset(
    key.rpartition(".")[2] for setting in SETTINGS if setting.secret for key in setting.cloud
)
"""Keys of a cloud that hold a secret, at the top level or below `auth`."""
