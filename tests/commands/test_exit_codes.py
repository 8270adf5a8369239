"""The table of exit codes, each row provoked on the program itself."""

from __future__ import annotations

from itertools import combinations

from tests.support.program import clean_env, run_bash, run_process
from vbsjob.exit_codes import SEVERITY, ExitCode, worst

IN_SANDBOX: list[tuple[str, int]] = [
    ("backup-ended --exit-status", ExitCode.OK),
    ("fail-deep-ended", ExitCode.OK),
    ("endless", ExitCode.OK),
    ("fail-deep-ended --exit-status -o json", ExitCode.JOB_FAILED),
    ("fail-deep-ended backup-ended nothing --exit-status", ExitCode.JOB_FAILED),
    ("", ExitCode.USAGE),
    ("backup --nonsense", ExitCode.USAGE),
    ("../x", ExitCode.USAGE),
    ("backup --cloud nosuch", ExitCode.USAGE),
    ("backup --retry-for soon", ExitCode.USAGE),
    ("nothing", ExitCode.NOT_FOUND),
    ("nothing backup", ExitCode.NOT_FOUND),
    ("endless --exit-status -q", ExitCode.PENDING),
]
BY_SHELL: list[tuple[str, int]] = [
    ('"$@" get backup --cloud sandbox > /dev/full', ExitCode.INTERNAL),
    ('"$@" get backup --cloud sandbox >&-', ExitCode.INTERNAL),
    ('"$@" get thousand-ended -o json --cloud sandbox | true; exit ${PIPESTATUS[0]}', 141),
]


def test_the_exit_code_is_the_one_of_the_table() -> None:
    ended = [(line, code, run_bash(line, env=clean_env())) for line, code in BY_SHELL]
    ended.append(("get j", ExitCode.AUTH, run_process("get", "j", env=clean_env())))
    env = clean_env(VBSJOB_CLOUD="sandbox")
    ended += [(line, code, run_process("get", *line.split(), env=env)) for line, code in IN_SANDBOX]
    assert [case for case in ended if case[2].code != case[1] or "Traceback" in case[2].err] == []


def test_of_several_codes_the_first_of_this_order_is_the_one_of_the_command() -> None:
    assert set(SEVERITY) == {code for code in ExitCode if code < 128}
    by_number = {int(code): code for code in ExitCode}
    ordered = [by_number[number] for number in (130, *SEVERITY)]
    assert [int(code) for code in ordered] == [130, 70, 2, 4, 1, 5, 6, 7, 124, 8, 3, 0]
    wrong = [
        (first, second)
        for first, second in combinations(ordered, 2)
        if worst([second, first]) is not first
    ]
    assert wrong == []
