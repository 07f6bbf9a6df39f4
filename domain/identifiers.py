"""Identifiers: one type per kind of thing, so that a mix-up is a type error."""

import secrets
from typing import NewType

InstallationId = NewType("InstallationId", int)
"""GitHub's numeric id of an App installation."""
RepositoryId = NewType("RepositoryId", int)
"""GitHub's numeric id of a repository; it survives rename and transfer."""
DeliveryId = NewType("DeliveryId", str)
"""The GUID GitHub gives one webhook call (`X-GitHub-Delivery`); a redelivery carries the same one."""
ProjectId = NewType("ProjectId", str)
EnvironmentId = NewType("EnvironmentId", str)
DeploymentId = NewType("DeploymentId", str)

_ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyz"


def new_project_id() -> ProjectId:
    """Return a fresh id such as `proj_4k2…` (20 random characters)."""
    return ProjectId(f"proj_{random_code(20)}")


def new_environment_id() -> EnvironmentId:
    """Return a fresh id such as `env_4k2…` (20 random characters)."""
    return EnvironmentId(f"env_{random_code(20)}")


def new_deployment_id() -> DeploymentId:
    """Return a fresh id such as `deployment_4k2…` (20 random characters)."""
    return DeploymentId(f"deployment_{random_code(20)}")


def random_code(length: int) -> str:
    """Return `length` characters out of `[0-9a-z]`, unguessable."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))
