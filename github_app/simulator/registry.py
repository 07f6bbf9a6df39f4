"""The part of the state that outlives a restart, as one JSON file beside the bare repositories."""

import json
import os
from datetime import datetime
from pathlib import Path
from typing import Any

from github_app.simulator.state import Account, HostedRepository, Installation, State

_FILE = "registry.json"


def save(state: State, root: Path) -> None:
    """Write accounts, repositories and installations; a reader sees the old file or the new one, never half."""
    with state.lock:
        document = {
            "next_id": state.next_id,
            "accounts": [[a.id, a.login, a.kind] for a in state.accounts.values()],
            "repositories": [_repository_row(r) for r in state.repositories.values()],
            "installations": [_installation_row(i) for i in state.installations.values()],
            "former_names": state.former_names,
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
    }


def _read_repository(row: dict[str, Any], accounts: dict[int, Account]) -> HostedRepository:
    moments = {key: datetime.fromisoformat(row[key]) for key in ("created_at", "pushed_at")}
    return HostedRepository(**{**row, **moments, "owner": accounts[row["owner"]]})


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
