"""What the routes are given; `bootstrap/` fills it and puts it on the application's state."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, cast

from fastapi import Depends, Request

from domain.ports.jobs import Clock
from domain.ports.store import Store
from domain.secrets import Secret


@dataclass(frozen=True, slots=True)
class ApiServices:
    """Everything a route may use.

    Attributes:
        webhook_secrets: the current webhook secret, and the previous one while it is being rotated.
    """

    store: Store
    clock: Clock
    webhook_secrets: Sequence[Secret]


def services_of(request: Request) -> ApiServices:
    """Return the services of the application that received `request`."""
    return cast("ApiServices", request.app.state.services)


ServicesOfRequest = Annotated[ApiServices, Depends(services_of)]
