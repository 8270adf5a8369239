"""All settings, each defined once: name, help sentence, variables, file keys, type of its value.

Options, VBSJOB_* variables, keys of config.toml, help and man pages are made from this table.
"""

from __future__ import annotations

from typing import Literal, get_args

from vbsjob.config import values
from vbsjob.config.setting import Setting, file_setting, identity_setting, preference_setting

Progress = Literal["auto", "tty", "plain", "json", "none"]
Sort = Literal["api", "begin", "duration", "status"]
Color = Literal["auto", "always", "never"]

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
        "Kind of address to use from the service catalog: public, internal or admin.",
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
    file_setting("cacert", "File with the CA certificates to trust, instead of the system's."),
    file_setting("cert", "File with a client certificate."),
    file_setting("key", "File with the private key of the client certificate."),
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
    preference_setting("project", "Project, by id or by name.", values.text),
    identity_setting(
        "project_id", "Id of the project.", "OS_PROJECT_ID", "OS_TENANT_ID", parse=values.name
    ),
    identity_setting("project_name", "Name of the project.", "OS_PROJECT_NAME", "OS_TENANT_NAME"),
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
        "auth_url", "Address (URL) of the identity service (IAM, Keystone), version 3."
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
    preference_setting(
        "cache",
        "Store the token and the history on this machine; yes by default.",
        values.boolean,
        default=True,
    ),
    preference_setting(
        "history",
        "Store the ids of queried jobs on this machine, for @last, Tab and 'vbsjob list'.",
        values.boolean,
        default=True,
    ),
    preference_setting(
        "insecure_http",
        "Allow plain http to another machine: credentials are sent unencrypted.",
        values.boolean,
        default=False,
    ),
    preference_setting(
        "output", "Output format, such as json or csv; table by default.", values.text
    ),
    preference_setting(
        "color",
        "When to use colours; with auto NO_COLOR switches them off.",
        values.OneOf(get_args(Color)),
        "auto",
    ),
    preference_setting(
        "depth", "Show this number of levels of sub-jobs, and count the others.", values.depth
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
        values.OneOf(get_args(Sort)),
        "api",
    ),
    preference_setting(
        "all", "Show each sub-job in a separate row.", values.boolean, default=False
    ),
    preference_setting(
        "details", "Show every member of every sub-job.", values.boolean, default=False
    ),
    preference_setting(
        "utc", "Show times in UTC, not in the local zone.", values.boolean, default=False
    ),
    preference_setting("ascii", "Draw with ASCII characters only.", values.boolean, default=False),
    preference_setting(
        "verbose", "Print each HTTP request to stderr.", values.boolean, default=False
    ),
    preference_setting(
        "quiet",
        "Print nothing, not even errors; the exit code is the result.",
        values.boolean,
        default=False,
    ),
    preference_setting(
        "exit_status",
        "Exit with the state of the job: 0 SUCCESS, 1 FAIL, 8 not ended.",
        values.boolean,
        default=False,
    ),
    preference_setting(
        "retry_for",
        "Give up after this time without a usable answer; by default 15m with watch, else 4"
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
        "Query at this interval; by default 2s to 150s, depending on the expected end.",
        values.interval,
    ),
    preference_setting(
        "wait_for_job",
        "Wait this long for an id that the service does not know yet; 30s by default.",
        values.duration,
        30.0,
    ),
    preference_setting(
        "fail_fast",
        "Stop with exit code 1 as soon as a job or a sub-job is FAIL.",
        values.boolean,
        default=False,
    ),
    preference_setting(
        "any",
        "Stop as soon as one job has ended; its result is the exit code.",
        values.boolean,
        default=False,
    ),
    preference_setting(
        "progress",
        "What stderr shows during a watch; auto draws on a terminal and prints lines elsewhere.",
        values.OneOf(get_args(Progress)),
        "auto",
    ),
    preference_setting(
        "heartbeat",
        "Print a line at least this often when progress is plain; 60s by default.",
        values.interval,
        60.0,
    ),
    preference_setting(
        "notify", "Send a desktop notification at the end.", values.boolean, default=False
    ),
    preference_setting("bell", "Ring the terminal bell at the end.", values.boolean, default=False),
    preference_setting(
        "github",
        "Write annotations, a step summary and outputs for GitHub Actions.",
        values.boolean,
        default=False,
    ),
    preference_setting(
        "junit",
        "Write a JUnit report to this file, with a test case for each job and sub-job.",
        values.text,
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
