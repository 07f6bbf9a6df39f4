"""What people may do: in their own account, in an organisation, in a repository."""

from github_app.simulator.state import Account, HostedRepository, Installation, State

_WORDS = {"admin": "admin", "maintain": "write", "write": "write", "triage": "read", "read": "read", "none": "none"}
_ORDER = ("none", "read", "triage", "write", "maintain", "admin")


def find_role(state: State, user: Account, repository: HostedRepository) -> str:
    """Return the explicit role of a user in a repository: `none`, `read`, `triage`, `write`, `maintain` or `admin`."""
    login = user.login.lower()
    if administers(state, user, repository.owner):
        return "admin"
    with state.lock:
        inherited = "read" if login in state.members.get(repository.owner.id, {}) else "none"
        given = state.roles.get(repository.id, {}).get(login, "none")
    return max(inherited, given, key=_ORDER.index)


def find_permission(role: str) -> str:
    """Return the older word for a role: `admin`, `write`, `read` or `none`."""
    return _WORDS[role]


def describe_role(role: str) -> dict[str, bool]:
    """Return what a role allows, as repositories shown to a user have it."""
    levels = {"pull": "read", "triage": "triage", "push": "write", "maintain": "maintain", "admin": "admin"}
    return {name: _ORDER.index(role) >= _ORDER.index(level) for name, level in levels.items()}


def administers(state: State, user: Account, account: Account) -> bool:
    """Tell whether the account is the user's own or an organisation he administers."""
    return user.id == account.id or find_membership(state, user, account) == "admin"


def find_membership(state: State, user: Account, organization: Account) -> str | None:
    """Return `admin` or `member`, None for a stranger."""
    with state.lock:
        return state.members.get(organization.id, {}).get(user.login.lower())


def list_administered(state: State, user: Account) -> tuple[Account, ...]:
    """Return the organisations a user administers."""
    with state.lock:
        return tuple(a for a in state.accounts.values() if a.id != user.id and administers(state, user, a))


def list_visible(state: State, user: Account) -> tuple[Installation, ...]:
    """Return the installations a user sees: on accounts he belongs to, or on repositories he has a role in."""
    with state.lock:
        return tuple(i for i in state.installations.values() if _sees(state, user, i))


def list_accessible(state: State, user: Account, installation: Installation) -> tuple[HostedRepository, ...]:
    """Return the installation's repositories in which the user has a role."""
    return tuple(r for r in state.list_repositories(installation) if find_role(state, user, r) != "none")


def find_association(state: State, login: str, repository: HostedRepository) -> str:
    """Return how an author stands to a repository, in GitHub's words."""
    user = state.find_account(login)
    if user is None:
        return "NONE"
    if user.id == repository.owner.id:
        return "OWNER"
    if find_membership(state, user, repository.owner):
        return "MEMBER"
    return "NONE" if find_role(state, user, repository) == "none" else "COLLABORATOR"


def _sees(state: State, user: Account, installation: Installation) -> bool:
    account = installation.account
    if administers(state, user, account) or find_membership(state, user, account):
        return True
    return bool(list_accessible(state, user, installation))
