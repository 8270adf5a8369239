"""The table of exit codes, each row provoked on the program itself."""

from __future__ import annotations

from itertools import combinations

from tests.support.program import clean_env, run_bash
from vbsjob.exit_codes import SEVERITY, ExitCode, worst

SANDBOX = '"$@" get {} --cloud sandbox'
TABLE: list[tuple[str, int]] = [
    (SANDBOX.format("backup-ended --exit-status"), ExitCode.OK),
    (SANDBOX.format("fail-deep-ended"), ExitCode.OK),
    (SANDBOX.format("endless"), ExitCode.OK),
    (SANDBOX.format("fail-deep-ended --exit-status -o json"), ExitCode.JOB_FAILED),
    (SANDBOX.format("fail-deep-ended backup-ended nothing --exit-status"), ExitCode.JOB_FAILED),
    ('"$@" get', ExitCode.USAGE),
    ('"$@" nonsense', ExitCode.USAGE),
    ('"$@" get --nonsense', ExitCode.USAGE),
    (SANDBOX.format("../x"), ExitCode.USAGE),
    (SANDBOX.format("backup --retry-for soon"), ExitCode.USAGE),
    ('"$@" get j', ExitCode.AUTH),
    (SANDBOX.format("nothing"), ExitCode.NOT_FOUND),
    (SANDBOX.format("nothing backup"), ExitCode.NOT_FOUND),
    (SANDBOX.format("endless --exit-status -q"), ExitCode.PENDING),
    (SANDBOX.format("backup > /dev/full"), ExitCode.INTERNAL),
    (SANDBOX.format("backup >&-"), ExitCode.INTERNAL),
    (SANDBOX.format("thousand-ended -o json") + " | true; exit ${PIPESTATUS[0]}", 141),
]


def test_the_exit_code_is_the_one_of_the_table() -> None:
    ended = [(line, code, run_bash(line, env=clean_env())) for line, code in TABLE]
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
