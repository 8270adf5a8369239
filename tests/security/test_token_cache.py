"""The token cache: one request the next time, and a private file whatever happens around it."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import stat
from pathlib import Path

import pytest

from tests.support.cloud import PASSWORD, USER, Cloud
from vbsjob.auth.keystone import AccessInfo
from vbsjob.auth.token_cache import TokenCache


def entries(cache: Path) -> list[Path]:
    return sorted((cache / "tokens").glob("*.json"))


def mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


def test_with_a_cached_token_get_sends_one_request(tmp_path: Path) -> None:
    cloud = Cloud()
    assert cloud.run("get", "j", cache=tmp_path)[0] == 0
    assert cloud.run("get", "j", cache=tmp_path)[0] == 0
    assert [request.method for request in cloud.requests] == ["POST", "GET", "GET"]


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077, 0o277])
def test_s06_f70_it_is_private_whatever_the_umask_and_contains_no_password(
    tmp_path: Path, umask: int
) -> None:
    if umask & 0o700:  # no user can write into a parent folder that is made with such a umask
        (tmp_path / "c").mkdir()
    before = os.umask(umask)
    try:
        assert Cloud().run("get", "j", cache=tmp_path / "c")[0] == 0
    finally:
        os.umask(before)
    assert mode(tmp_path / "c" / "tokens") == 0o700
    assert [mode(path) for path in entries(tmp_path / "c")] == [0o600]
    written = b"".join(p.read_bytes() for p in tmp_path.rglob("*") if p.is_file())
    assert b"canary-token-1" in written
    assert PASSWORD.encode() not in written


OTHERS: list[dict[str, str]] = [
    {"OS_USERNAME": "nils"}, {"OS_USER_DOMAIN_NAME": "other"}, {"OS_PROJECT_NAME": "eu-de_other"},
    {"OS_PROJECT_ID": "5a2d0c5b0e4f4c3f9a1b7d6e8c9f0a1c"}, {"OS_CACERT": "/etc/ssl/other.pem"},
    {"OS_CERT": "/etc/ssl/mine.pem"}, {"OS_INSECURE": "true"}, {"VBSJOB_VERIFY": "no"},
    {"OS_AUTH_URL": "https://iam.cloud.test:444/v3"}, {"OS_USER_ID": "5a2d0c5b", "OS_USERNAME": ""},
]  # fmt: skip


def test_s21_a_token_is_bound_to_user_and_address(tmp_path: Path) -> None:
    cloud = Cloud()
    cloud.run("get", "j", cache=tmp_path)
    for number, other in enumerate(OTHERS, 2):
        cloud.run("get", "j", cache=tmp_path, env=USER | other)
        assert cloud.posts == number, other
        cloud.run("get", "j", cache=tmp_path)
        assert cloud.posts == number, other


def test_f57_a_cached_token_survives_a_wrong_password(tmp_path: Path) -> None:
    cloud = Cloud()
    cloud.run("get", "j", cache=tmp_path)
    assert cloud.run("get", "j", cache=tmp_path, env=USER | {"OS_PASSWORD": "wrong-one"})[0] == 0
    assert cloud.posts == 1


def test_f56_a_rejected_cached_token_is_replaced_once(tmp_path: Path) -> None:
    cloud = Cloud()
    cloud.run("get", "j", cache=tmp_path)
    cloud.tokens.clear()
    assert cloud.run("get", "j", cache=tmp_path)[0] == 0
    assert cloud.posts == 2
    assert cloud.run("get", "j", cache=tmp_path)[0] == 0
    assert cloud.posts == 2


def test_a_cached_token_from_a_passcode_is_used_until_it_is_rejected(tmp_path: Path) -> None:
    cloud, env = Cloud(), USER | {"OS_PASSCODE": "123456"}
    assert cloud.run("get", "j", cache=tmp_path, env=env)[0] == 0
    assert cloud.run("get", "j", cache=tmp_path, env=env)[0] == 0
    assert cloud.posts == 1
    cloud.tokens.clear()
    assert cloud.run("get", "j", cache=tmp_path, env=env)[0] == 4
    assert not entries(tmp_path)


ODD_MEMBERS = [
    ("token", 7), ("token", ""), ("token", ["t"]), ("token", "t\n"), ("token", "t\u00e9"),
    ("token", None), ("lifetime", "86400"), ("lifetime", None), ("lifetime", True),
    ("lifetime", 86400),
    ("catalog", None), ("catalog", [1]), ("catalog", "x"), ("catalog", 7),
    ("project_id", 7), ("project_name", ["p"]), ("user", {"name": "mira"}),
    ("expires_at", 5), ("expires_at", "soon"), ("more", "x"),
]  # fmt: skip


TIMES: tuple[object, ...] = ("x", None, [], {}, -1e300, 1e300, True, "nan")


def test_f68_a_cached_token_with_a_member_of_another_type_is_ignored(tmp_path: Path) -> None:
    cloud, wrong = Cloud(), []
    cloud.run("get", "j", cache=tmp_path)
    (entry,) = entries(tmp_path)
    document = json.loads(entry.read_bytes())
    odd = [document | {"access": document["access"] | {name: v}} for name, v in ODD_MEMBERS]
    for changed in (*odd, *(document | {"written": time} for time in TIMES)):
        entry.write_text(json.dumps(changed))
        posts = cloud.posts
        code, _, err = cloud.run("get", "j", cache=tmp_path)
        if (code, cloud.posts - posts) != (0, 1) or "bug" in err:
            wrong.append((changed, code, err))
    assert wrong == []


def spoiled(kind: str, path: Path, content: bytes) -> None:
    path.unlink()
    other = path.with_name("x")
    bodies = {
        "empty": b"",
        "cut": content[: len(content) // 2],
        "binary": bytes(range(256)),
        "deep": b"[" * 100_000,
        "huge": b" " * (300 << 10),
        "other types": b'{"access": [], "written": "x"}',
        "null": b"null",
        "readable by others": content,
    }
    if kind in bodies:
        path.write_bytes(bodies[kind])
        path.chmod(0o644 if kind == "readable by others" else 0o600)
    elif kind == "fifo":
        os.mkfifo(path, 0o600)
    elif kind == "device":
        os.mknod(path, stat.S_IFCHR | 0o600, os.makedev(1, 5))  # zeros without end
    elif kind == "socket":
        with socket.socket(socket.AF_UNIX) as made, contextlib.chdir(path.parent):
            made.bind(path.name)
    else:
        other.write_bytes(content)
        other.chmod(0o600)
        if kind == "hard link":
            path.hardlink_to(other)
        elif kind == "another's":
            other.rename(path)
            os.chown(path, 54321, -1)
        else:
            path.symlink_to(other if kind == "link" else "nowhere")


needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root makes such")
KINDS = (
    "empty", "cut", "binary", "deep", "huge", "other types", "null", "fifo", "link",
    "dangling link", "hard link", "readable by others", "socket",
    *(pytest.param(kind, marks=needs_root) for kind in ("device", "another's")),
)  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_f68_f70_f71_a_file_that_is_not_our_own_private_file_is_ignored(
    tmp_path: Path, kind: str
) -> None:
    cloud = Cloud()
    cloud.run("get", "j", cache=tmp_path)
    (path,) = entries(tmp_path)
    spoiled(kind, path, path.read_bytes())
    assert cloud.run("get", "j", cache=tmp_path)[0] == 0
    assert cloud.posts == 2
    assert mode(path) == 0o600
    assert path.is_file()
    assert not path.is_symlink()
    assert cloud.run("get", "j", cache=tmp_path)[0] == 0
    assert cloud.posts == 2


def test_f70_a_folder_that_others_may_enter_is_closed_to_them(tmp_path: Path) -> None:
    for wrong in (0o777, 0o755, 0o1777, 0o770):
        Cloud().run("get", "j", cache=tmp_path)
        (tmp_path / "tokens").chmod(wrong)
        assert Cloud().run("get", "j", cache=tmp_path)[0] == 0
        assert mode(tmp_path / "tokens") == 0o700


@pytest.mark.parametrize("kind", ["link", pytest.param("another user", marks=needs_root)])
def test_f70_f71_a_folder_that_is_a_link_or_of_another_user_is_not_used(
    tmp_path: Path, kind: str
) -> None:
    folder = tmp_path / ("elsewhere" if kind == "link" else "tokens")
    folder.mkdir(mode=0o700)
    if kind == "link":
        (tmp_path / "tokens").symlink_to(folder)
    else:
        os.chown(folder, 54321, -1)
    code, _, err = Cloud().run("get", "j", cache=tmp_path)
    assert code == 0
    assert ("cannot be cached" if kind == "link" else kind) in err
    assert not list(folder.iterdir())


def test_f72_a_folder_that_cannot_be_written_changes_no_answer(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    code, out, err = Cloud().run("get", "j", cache=tmp_path / "file" / "below")
    assert code == 0
    assert "SUCCESS" in out
    assert err.count("cannot be cached") == 1
    assert Cloud().run("get", "j", cache=Path("/proc/none"))[0] == 0


@pytest.mark.parametrize("kind", ["folder", "link", "dangling link", "fifo"])
def test_f69_f71_a_failing_lock_is_never_fatal(tmp_path: Path, kind: str) -> None:
    cloud = Cloud()
    cloud.run("get", "j", cache=tmp_path)
    (path,) = entries(tmp_path)
    path.unlink()
    lock, other = Path(f"{path}.lock"), tmp_path / "other"
    lock.unlink()
    if kind == "folder":
        lock.mkdir()
    elif kind == "fifo":
        os.mkfifo(lock)
    else:
        lock.symlink_to(other)
        if kind == "link":
            other.write_text("not ours to lock")
    began = cloud.clock()
    assert cloud.run("get", "j", cache=tmp_path)[0] == 0
    assert cloud.clock() - began < 5
    assert len(entries(tmp_path)) == 1
    assert other.exists() == (kind == "link")


def cache_at(folder: Path, cloud: Cloud) -> TokenCache:
    return TokenCache(folder / "tokens", ("account",), cloud.context())


ACCESS = AccessInfo("a-token", "p", lifetime=600.0)


def test_a_token_without_a_known_life_is_not_cached(tmp_path: Path) -> None:
    for access in (ACCESS._replace(lifetime=None), ACCESS._replace(token=None)):
        cache_at(tmp_path, Cloud()).write(access)
        assert not (tmp_path / "tokens").exists()


def test_f58_a_cached_token_is_valid_from_a_minute_before_to_its_end(tmp_path: Path) -> None:
    cloud = Cloud()
    cache_at(tmp_path, cloud).write(ACCESS)
    began, left = cloud.clock.seconds, []
    for passed in (-60.1, -60.0, 599.0, 600.0, 601.0):
        cloud.clock.seconds = began + passed
        cached = cache_at(tmp_path, cloud).read()
        left.append(cached and cached.seconds_left)
    assert left == [None, 600.0, 1.0, None, None]


def test_f21_a_cached_token_is_read_up_to_256_kib(tmp_path: Path) -> None:
    cache = cache_at(tmp_path, Cloud())
    cache.write(ACCESS)
    (entry,) = entries(tmp_path)
    content = entry.read_bytes()
    for size, valid in ((256 << 10, True), ((256 << 10) + 1, False)):
        entry.write_bytes(content + b" " * (size - len(content)))
        assert (cache.read() is not None) == valid
