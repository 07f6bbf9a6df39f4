"""Nothing committed belongs to the machine it was written on."""

import re

import pytest

from tests.architecture.source_tree import ROOT, find_text, list_files

# An image has a /root too: the cache mounts of package managers are there.
MACHINE_PATHS = re.compile(r"/(?:root)/(?!\.cache)|/(?:home|Users)/[a-z]+/|/work/(?:main|shared|\.\w)")
REGISTRY_HOSTS = re.compile(
    r"//[\w.-]*(?:pypi\.org|pythonhosted\.org|npmjs\.org|proxy\.golang\.org|docker\.io|ghcr\.io)"
)
INDEX_SETTING = re.compile(
    r"(?i)(?:index[-_]url|default[-_]index|npm[-_]registry|goproxy)[\"']?\s*[=:]\s*[\"']?https?://([\w.-]+)"
)
EXAMPLE_HOST = re.compile(r"(?:.*\.)?(?:example|test|invalid|localhost)(?:\.\w+)?|127\.0\.0\.1")
LOCK_NAMES = {"uv.lock", "poetry.lock", "pdm.lock", "Pipfile.lock", "pylock.toml", "go.sum", "package-lock.json"}
LOCKFILES = tuple(path for path in list_files() if path.rpartition("/")[2] in LOCK_NAMES)
PRIVATE_HOST = re.compile(r"[\d.]+|[^.]+|.*\.(?:local|internal|lan|corp)")


def foreign_words(text: str) -> list[str]:
    hosts = [host for host in INDEX_SETTING.findall(text) if not EXAMPLE_HOST.fullmatch(host)]
    return [
        *MACHINE_PATHS.findall(text),
        *REGISTRY_HOSTS.findall(text),
        *hosts,
        *re.findall(re.escape(f"{ROOT}/"), text),
    ]


def test_no_committed_file_names_this_machine() -> None:
    found = {path: foreign_words(find_text(path) or "") for path in list_files() if path not in LOCKFILES}

    assert {path: words for path, words in found.items() if words} == {}


@pytest.mark.parametrize("path", LOCKFILES)
def test_lockfile_names_no_mirror_of_somebody(path: str) -> None:
    hosts = set(re.findall(r"https?://([\w.-]+)", find_text(path) or ""))

    assert [host for host in hosts if PRIVATE_HOST.fullmatch(host)] == []


# In pieces, or this file would be found itself.
@pytest.mark.parametrize(
    "pieces",
    [
        ("/root", "/code"),
        ("/home", "/ann/code"),
        (str(ROOT), "/api"),
        ("https:", "//pypi", ".org/simple"),
        ("UV_DEFAULT_INDEX=", "https://packages.corp.net/simple"),
    ],
)
def test_foreign_word_is_noticed(pieces: tuple[str, ...]) -> None:
    assert foreign_words("".join(pieces)) != []


def test_example_hosts_and_cache_mounts_may_be_named() -> None:
    assert foreign_words("index_url = 'https://packages.example.com/simple'; target=/root/.cache/uv") == []
