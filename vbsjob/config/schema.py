"""All settings, each defined once: name, help sentence, variables, file keys, type of its value.

Options, VBSJOB_* variables, keys of config.toml, help and man pages are made from this table.
OTHER_VARIABLES are the environment variables that set no setting.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from vbsjob.config import values

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


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
    repeated: Literal["", "job", "watch"] = ""
    """Whether a command that vbsjob prints repeats the option: each one about a job, or the one
    that continues a watch."""

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


def identity_setting(
    name: str, sentence: str, *os: str, secret: bool = False, parse: Any = values.identity_name
) -> Setting:
    """Return a setting of the sign-in: by default OS_NAME, and NAME in a cloud or its `auth`."""
    also = (name, *(other[3:].lower() for other in os[1:] if other.startswith("OS_")))
    keys = tuple(dotted for name in also for dotted in (name, f"auth.{name}"))
    parse = values.text if secret else parse
    return Setting(name, sentence, os or (f"OS_{name.upper()}",), keys, secret=secret, parse=parse)


def file_setting(name: str, sentence: str) -> Setting:
    """Return a setting that is the path of a file."""
    return Setting(name, sentence, (f"OS_{name.upper()}",), (name,), values.path, preference=True)


def preference_setting(
    name: str, sentence: str, parse: Any = values.text, default: Any = None, **more: Any
) -> Setting:
    """Return a setting which [defaults] may hold."""
    return Setting(name, sentence, parse=parse, default=default, preference=True, **more)


def switch(name: str, sentence: str, *, default: bool = False, **more: Any) -> Setting:
    """Return a preference that is yes or no."""
    return preference_setting(name, sentence, values.boolean, default, **more)


SETTINGS = (
    preference_setting(
        "cloud",
        "Name of a cloud in clouds.yaml or config.toml, or 'sandbox'.",
        os=("OS_CLOUD",),
        repeated="job",
    ),
    preference_setting(
        "region",
        "Region, such as eu-de.",
        values.region,
        os=("OS_REGION_NAME", "OS_REGION", "HW_REGION_NAME"),
        cloud=("region_name",),
        repeated="job",
    ),
    preference_setting(
        "service",
        "Service to query, such as evs or ecs; vbs by default.",
        values.name,
        "vbs",
        repeated="job",
    ),
    preference_setting(
        "interface",
        "Kind of address to use from the service catalog: public, internal or admin.",
        values.interface,
        "public",
        os=("OS_INTERFACE", "OS_ENDPOINT_TYPE"),
        cloud=("interface", "endpoint_type"),
    ),
    preference_setting(
        "endpoint",
        "Address (URL) of the service, instead of the one in the service catalog.",
        os=("OS_VBS_ENDPOINT_OVERRIDE", "OS_VOLUME_BACKUP_ENDPOINT_OVERRIDE"),
        cloud=("vbs_endpoint_override", "volume_backup_endpoint_override"),
        repeated="job",
    ),
    file_setting("cacert", "File with the CA certificates to trust, instead of the system's."),
    file_setting("cert", "File with a client certificate."),
    file_setting("key", "File with the private key of the client certificate."),
    switch(
        "verify",
        "Check the certificates of the services; yes by default.",
        default=True,
        cloud=("verify",),
    ),
    Setting(
        "insecure",
        "Do not check certificates; every run prints a warning.",
        os=("OS_INSECURE",),
        cloud=("insecure",),
        parse=values.boolean,
        default=False,
    ),
    preference_setting(
        "project", "Project, by id or by name.", values.identity_name, repeated="job"
    ),
    identity_setting(
        "project_id",
        "Id of the project.",
        *("OS_PROJECT_ID", "OS_TENANT_ID", "HUAWEICLOUD_SDK_PROJECT_ID"),
        parse=values.name,
    ),
    identity_setting(
        "project_name",
        "Name of the project.",
        *("OS_PROJECT_NAME", "OS_TENANT_NAME", "HW_PROJECT_NAME"),
    ),
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
    identity_setting(
        "auth_url",
        "Address (URL) of the identity service (IAM, Keystone), version 3.",
        parse=values.text,
    ),
    identity_setting("username", "Name of the user.", "OS_USERNAME", "OS_USER_NAME"),
    identity_setting("user_id", "Id of the user; replaces the name and the domain of the user."),
    identity_setting("user_domain_id", "Id of the user's domain."),
    identity_setting("user_domain_name", "Name of the user's domain."),
    identity_setting(
        "project_domain_id", "Id of the project's domain; by default the user's domain."
    ),
    identity_setting(
        "project_domain_name", "Name of the project's domain; by default the user's domain."
    ),
    identity_setting("domain_id", "Id of the domain of both the user and the project."),
    identity_setting("domain_name", "Name of the domain of both the user and the project."),
    identity_setting(
        "default_domain_id", "Id of the domain, for the user or the project without another one."
    ),
    identity_setting(
        "default_domain_name",
        "Name of the domain, for the user or the project without another one.",
    ),
    identity_setting(
        "password",
        "Password of the user; on a terminal vbsjob prompts for it if it is missing.",
        secret=True,
    ),
    identity_setting(
        "passcode",
        "One-time code of multi-factor sign-in (TOTP); it is valid for one sign-in.",
        secret=True,
    ),
    identity_setting(
        "token",
        "Token that is sent as it is, without a sign-in.",
        "OS_TOKEN",
        "OS_AUTH_TOKEN",
        secret=True,
    ),
    identity_setting("application_credential_id", "Id of an application credential."),
    identity_setting(
        "application_credential_name", "Name of an application credential; needs the user too."
    ),
    identity_setting(
        "application_credential_secret", "Secret of the application credential.", secret=True
    ),
    identity_setting("identity_provider", "Name of the identity provider of an access_token."),
    identity_setting("protocol", "Name of the protocol of that identity provider."),
    identity_setting(
        "access_token",
        "OpenID Connect token, such as one of a CI service; it is exchanged for a token.",
        secret=True,
    ),
    identity_setting("agency_name", "Name of the agency that allows to use a foreign account."),
    identity_setting("agency_domain_id", "Id of the account (domain) that created the agency."),
    identity_setting("agency_domain_name", "Name of the account (domain) with the agency."),
    identity_setting("delegated_project", "Name of the project of that account."),
    Setting(
        "access_key",
        "Access key (AK) that signs requests.",
        os=("OS_ACCESS_KEY", "S3_ACCESS_KEY_ID", "HUAWEICLOUD_SDK_AK", "HW_ACCESS_KEY"),
        cloud=("auth.ak", "auth.access_key", "ak", "access_key"),
        secret=True,
    ),
    Setting(
        "secret_key",
        "Secret key (SK) that belongs to the access key.",
        os=("OS_SECRET_KEY", "S3_SECRET_ACCESS_KEY", "HUAWEICLOUD_SDK_SK", "HW_SECRET_KEY"),
        cloud=("auth.sk", "auth.secret_key", "sk", "secret_key"),
        secret=True,
    ),
    Setting(
        "security_token",
        "Session token of a temporary access key.",
        os=(
            "OS_SECURITY_TOKEN",
            "S3_SECURITY_TOKEN",
            "HUAWEICLOUD_SDK_SECURITY_TOKEN",
            "HW_SECURITY_TOKEN",
        ),
        cloud=("security_token", "auth.security_token"),
        secret=True,
    ),
    switch(
        "cache", "Store the token and the history on this machine; yes by default.", default=True
    ),
    switch(
        "history",
        "Store the ids of queried jobs on this machine, for @last, Tab and 'vbsjob list'.",
        default=True,
    ),
    switch(
        "insecure_http",
        "Allow plain http to another machine: credentials are sent unencrypted.",
        repeated="job",
    ),
    preference_setting("output", "Output format, such as json or csv; table by default."),
    preference_setting(
        "color",
        "When to use colours; with auto NO_COLOR switches them off.",
        values.OneOf(("auto", "always", "never")),
        "auto",
    ),
    preference_setting(
        "depth", "Show N levels of sub-jobs; deeper ones are counted.", values.depth
    ),
    preference_setting(
        "only",
        "Show only sub-jobs that are failed, running, waiting, done or other, and the jobs above.",
        values.statuses,
        (),
    ),
    preference_setting(
        "sort",
        "Order of sub-jobs; api is the order in the answer of the service.",
        values.OneOf(("api", "begin", "duration", "status")),
        "api",
    ),
    switch("all", "Show each sub-job in a separate row."),
    switch("details", "Show every field of every sub-job."),
    switch("utc", "Show times in UTC, not in the local zone."),
    switch("ascii", "Draw with ASCII characters only."),
    switch("verbose", "Print each HTTP request to stderr."),
    switch("quiet", "Print no progress, notes or results, only errors."),
    switch("exit_status", "Set the exit code from the job: 0 SUCCESS, 1 FAIL, 8 not ended."),
    preference_setting(
        "retry_for",
        "How long to retry when the service does not answer; by default 15m with watch, else 4"
        " attempts within 60s.",
        values.duration,
    ),
    preference_setting(
        "timeout",
        "Stop watching after this time, with exit code 124; no limit by default.",
        values.timeout,
    ),
    preference_setting(
        "interval",
        "Time between queries; by default 2s to 150s, depending on the expected end.",
        values.interval,
    ),
    preference_setting(
        "wait_for_job",
        "Wait this long for a new id that is not found yet; 30s by default.",
        values.duration,
        30.0,
    ),
    switch(
        "fail_fast",
        "Stop with exit code 1 as soon as a job or a sub-job is FAIL.",
        repeated="watch",
    ),
    switch(
        "any", "Stop as soon as one job has ended; its result is the exit code.", repeated="watch"
    ),
    preference_setting(
        "progress",
        "How progress is shown; auto draws on a terminal and prints lines elsewhere.",
        values.OneOf(("auto", "tty", "plain", "json", "none")),
        "auto",
    ),
    preference_setting(
        "heartbeat",
        "Print a line at least this often when progress is plain; 60s by default.",
        values.interval,
        60.0,
    ),
    switch("notify", "Send a desktop notification at the end."),
    switch("bell", "Ring the terminal bell at the end."),
    switch(
        "github",
        "Write annotations, a step summary and outputs for GitHub Actions.",
        repeated="watch",
    ),
    preference_setting(
        "junit",
        "Write a JUnit report to this file, with a test case for each job.",
        values.path,
        repeated="watch",
    ),
    preference_setting(
        "body_limit", "Largest response, in MiB; 4 by default.", values.mebibytes, 4 << 20
    ),
)
SETTINGS_BY_NAME = {setting.name: setting for setting in SETTINGS}
SECRET_KEYS = frozenset(
    key.rpartition(".")[2] for setting in SETTINGS if setting.secret for key in setting.cloud
)
"""Keys of a cloud that hold a secret, at the top level or below `auth`."""
SECRET_VARIABLES = tuple(
    name for setting in SETTINGS if setting.secret for name in (setting.variable, *setting.os)
)

UNSUPPORTED_AUTH_TYPES = (
    *("v3oidcpassword", "v3oidcclientcredentials", "v3oidcauthcode", "v3oidcdeviceauthz"),
    *("v3oidcrefreshtoken", "v3websso", "v3samlpassword", "v3adfspassword"),
    *("v3kerberos", "v3fedkerberos", "v3tokenlessauth", "v3oauth1"),
    *("v3oauth2clientcredential", "v3oauth2mtlsclientcredential"),
)
"""Values of auth_type, of keystoneauth and its plug-ins, that need another service or a
certificate. A password is then one of a company, which the identity service must not get."""
TOKEN_TYPES = ("token", "v3token")
"""Values of auth_type for a token of another program."""
PATH_VARIABLES = {
    "OS_CLIENT_CONFIG_FILE": "Path of clouds.yaml.",
    "OS_CLIENT_SECURE_FILE": "Path of secure.yaml.",
    "OS_CLIENT_VENDOR_FILE": "Path of clouds-public.yaml.",
    "SSL_CERT_FILE": "File with the CA certificates to trust, if cacert is not set.",
    "SSL_CERT_DIR": "Directories with the CA certificates to trust, separated by colons.",
    "GITHUB_OUTPUT": "File that --github writes outputs to.",
    "GITHUB_STEP_SUMMARY": "File that --github writes its summary to.",
}
"""Those of OTHER_VARIABLES that contain a path which a user sets for a program."""
OTHER_VARIABLES = PATH_VARIABLES | {
    "HTTPS_PROXY": "Proxy for https; the four proxy variables are also read in lower case.",
    "HTTP_PROXY": "Proxy for http.",
    "ALL_PROXY": "Proxy for both.",
    "NO_PROXY": "Hosts that are reached without a proxy.",
    "NO_COLOR": "Use no colours, unless --color is 'always'.",
    "FORCE_COLOR": "Use colours without a terminal too.",
    "TERM": "Kind of terminal; with 'dumb' or an empty value progress is plain lines.",
    "TERM_PROGRAM": "Name of the terminal; selects its sequences for progress and notifications.",
    "TERM_FEATURES": "Features of iTerm2; 'P' means that it shows progress.",
    "WT_SESSION": "Set by Windows Terminal, which shows progress.",
    "ConEmuANSI": "Set by ConEmu; it shows progress if the value is 'ON'.",
    "PTYXIS_VERSION": "Version of the terminal Ptyxis; it shows progress from version 48.",
    "PAGER": "Program that shows a long help text on a terminal; less by default.",
    "ACCESSIBLE": "If set, progress is plain lines, for screen readers.",
    "CI": "If set, progress is plain lines, for logs.",
    "HOME": "Directory of the user's files.",
    "XDG_CONFIG_HOME": "Directory of config.toml and clouds.yaml, instead of ~/.config.",
    "XDG_CACHE_HOME": "Directory of stored tokens, instead of ~/.cache.",
    "XDG_STATE_HOME": "Directory of the history, instead of ~/.local/state.",
    "HW_ASSUME_ROLE_AGENCY_NAME": "Ignored with a warning: set OS_AGENCY_NAME and the others.",
}
"""Environment variables that set no setting, each with a sentence that says what it does."""


def variables_in_use(env: Mapping[str, str]) -> list[str]:
    """Return those of OTHER_VARIABLES that are set, as they are spelled."""
    proxies = [name.lower() for name in OTHER_VARIABLES if name.endswith("_PROXY")]
    return [name for name in (*OTHER_VARIABLES, *proxies) if env.get(name)]
