"""Paragraphs of manual pages in addition to the help of a command, by the name of the page."""

from __future__ import annotations

DESCRIPTIONS = {
    "vbsjob": """\
vbsjob queries the job API of the Volume Backup Service: GET /v1/PROJECT_ID/jobs/JOB_ID. It
changes nothing: it cannot start, stop or delete a job.

stdout contains the answer only. Progress, notes and errors go to stderr. With a format for
programs an error is a JSON object on stderr.""",
    "vbsjob-get": """\
Each job is queried once, and the query is repeated if it fails: at most 4 attempts in 60 seconds,
or until the time of --retry-for. The answers have the order of the arguments; a repeated id is
queried once.

The exit code is 0 if the query was answered, for every state of the job. With --exit-status
the state is the exit code.""",
    "vbsjob-tree": """\
The service can split a job into sub-jobs, and these again into sub-jobs. tree shows every level.
The row of a failed sub-job shows its error code and reason.""",
    "vbsjob-watch": """\
The first query is sent at once. While a job is waiting to start it is queried every 5 seconds,
then every 2 to 15 seconds, with a random part and less often while nothing changes. If the
history has three earlier jobs of the same type, the job is queried more rarely (up to 150
seconds) while its end is unlikely, and more often near the expected end. All jobs of one process
share 20 requests per second. A Retry-After header is obeyed.

A failed query does not end the watch. It ends with exit code 7 after 15 minutes without a
usable answer, or after the time of --retry-for. An expired token is renewed. An id that the
service does not know yet is queried for 30 seconds, or for the time of --wait-for-job.

A watch has no time limit unless --timeout is given. Ctrl-C, SIGTERM, SIGHUP and SIGQUIT end the
watch and not the job; the command that continues the watch is printed. Every end writes the
reports of --github and --junit.

On a terminal the progress is drawn in place. Otherwise one line is printed per change, and a line
at least once per --heartbeat. With -o jsonl stdout contains one event per line: start, change,
outage, recovered, heartbeat, and at the end always verdict.""",
    "vbsjob-list": """\
Each job that get, watch or tree has queried is stored on this machine, with its last known state.
Jobs of the sandbox are not stored. VBSJOB_HISTORY=off, 'history = false' in config.toml or
--no-cache switch the history off.""",
    "vbsjob-completion": """\
The script completes commands, options, their values, cloud names, and job ids of the history. It
sends no request.""",
    "vbsjob-explain": """\
The table of error codes is part of the program; no request is sent.""",
    "vbsjob-config-show": """\
The command prints one line per setting: name, value, origin. '-' is a setting without a value. The
value of a secret is never printed. The last lines show which files were read, and where the other
files would be.""",
    "vbsjob-config-check": """\
The command signs in without the stored token and queries a job id that does not exist. The last
line is 'result' with 'OK' if the service answers as it should. If a step fails, the error is
printed and the exit code is that of the error.""",
}

CONFIG_FILE = """\
The file has two kinds of sections. [defaults] contains preferences. [clouds.NAME] describes one
cloud, with the keys of clouds.yaml; it is selected with --cloud NAME.

A file that contains secrets must be readable by its owner only (chmod 600).

An option has precedence over VBSJOB_* variables, these over OS_* variables, then come
[clouds.NAME] and [defaults], then clouds.yaml, then the default.

A cloud that is named with --cloud or VBSJOB_CLOUD has precedence over variables: it uses its own
identity, address, project and secrets. Variables only fill what it does not set, and a note names
those that are ignored. A password goes only with the user of the same source, a secret key and a
session token only with their access key.

Durations are written as 90, 90s, 15m or 1h30m, switches as true or false."""
CONFIG_EXAMPLE = """\
[defaults]
cloud = "prod"
retry_for = "2m"

[clouds.prod]
region_name = "eu-de"

[clouds.prod.auth]
auth_url = "https://iam.eu-de.otc.t-systems.com/v3"
username = "operator"
password = "..."
user_domain_name = "OTC-EU-DE-00000000001000000001"
project_name = "eu-de"
"""
FILES = (
    ("~/.config/vbsjob/config.toml", "Preferences and clouds; see vbsjob(5)."),
    (
        "./clouds.yaml",
        "Clouds, as other OpenStack clients read them; only if the file belongs to you or to root.",
    ),
    ("~/.config/openstack/clouds.yaml", "Clouds, if there is no ./clouds.yaml."),
    ("/etc/openstack/clouds.yaml", "Clouds, if neither of the files above exists."),
    ("secure.yaml", "Secrets, in the same directory as clouds.yaml; its values have precedence."),
    ("~/.cache/vbsjob/", "Tokens, readable by their owner only; not used with --no-cache."),
    (
        "~/.local/state/vbsjob/",
        "History of job ids; not used with --no-cache or VBSJOB_HISTORY=off.",
    ),
)
