"""The part of the state that outlives a restart, as one JSON file beside the bare repositories."""

import json
import os
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from github_app.simulator.pull_requests import PullEnd, PullRequest
from github_app.simulator.state import Account, HostedRepository, Installation, State

_FILE = "registry.json"


def save(state: State, root: Path) -> None:
    """Write what is hosted; a reader sees the old file or the new one, never half."""
    with state.lock:
        document = {
            "next_id": state.next_id,
            "accounts": [[a.id, a.login, a.kind] for a in state.accounts.values()],
            "repositories": [_repository_row(r) for r in state.repositories.values()],
            "installations": [_installation_row(i) for i in state.installations.values()],
            "former_names": state.former_names,
            "pulls": [_pull_row(p) for p in state.pulls.values()],
            "numbers": state.numbers,
            "members": state.members,
            "roles": state.roles,
        }
        draft = root / f"{_FILE}.new"
        draft.write_text(json.dumps(document, indent=1))
        os.replace(draft, root / _FILE)  # noqa: PTH105 - the one call whose name says that it is atomic


def load(root: Path) -> State:
    """Return the state as it was saved, an empty one at the first start."""
    state = State()
    path = root / _FILE
    if not path.exists():
        return state
    document = json.loads(path.read_text())
    accounts = {row[0]: Account(*row) for row in document["accounts"]}
    state.accounts = {account.login.lower(): account for account in accounts.values()}
    state.repositories = {row["id"]: _read_repository(row, accounts) for row in document["repositories"]}
    state.installations = {row["id"]: _read_installation(row, accounts) for row in document["installations"]}
    state.former_names = document["former_names"]
    state.pulls = {row["id"]: _read_pull(row) for row in document.get("pulls", ())}
    state.numbers = _with_ids(document.get("numbers", {}))
    state.members = _with_ids(document.get("members", {}))
    state.roles = _with_ids(document.get("roles", {}))
    state.next_id = document["next_id"]
    return state


def _repository_row(repository: HostedRepository) -> dict[str, Any]:
    return {
        "id": repository.id,
        "owner": repository.owner.id,
        "name": repository.name,
        "private": repository.private,
        "default_branch": repository.default_branch,
        "created_at": repository.created_at.isoformat(),
        "pushed_at": repository.pushed_at.isoformat(),
        "archived": repository.archived,
        "fork_of": repository.fork_of,
    }


def _read_repository(row: dict[str, Any], accounts: dict[int, Account]) -> HostedRepository:
    moments = {key: datetime.fromisoformat(row[key]) for key in ("created_at", "pushed_at")}
    return HostedRepository(**{**row, **moments, "owner": accounts[row["owner"]]})


def _pull_row(pull: PullRequest) -> dict[str, Any]:
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in asdict(pull).items()}


def _read_pull(row: dict[str, Any]) -> PullRequest:
    moments = {name: row[name] and datetime.fromisoformat(row[name]) for name in row if name.endswith("_at")}
    ends = {name: PullEnd(**row[name]) for name in ("head", "base")}
    return PullRequest(**{**row, **moments, **ends, "labels": tuple(row["labels"])})


def _with_ids(rows: dict[str, Any]) -> dict[int, Any]:
    return {int(key): value for key, value in rows.items()}


def _installation_row(installation: Installation) -> dict[str, Any]:
    selected = installation.repository_ids
    return {
        "id": installation.id,
        "account": installation.account.id,
        "repository_ids": None if selected is None else sorted(selected),
        "permissions": dict(installation.permissions),
        "created_at": installation.created_at.isoformat(),
        "suspended_at": installation.suspended_at.isoformat() if installation.suspended_at else None,
    }


def _read_installation(row: dict[str, Any], accounts: dict[int, Account]) -> Installation:
    selected = row["repository_ids"]
    suspended_at = row["suspended_at"]
    return Installation(
        row["id"],
        accounts[row["account"]],
        None if selected is None else frozenset(selected),
        row["permissions"],
        datetime.fromisoformat(row["created_at"]),
        datetime.fromisoformat(suspended_at) if suspended_at else None,
    )
