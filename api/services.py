"""What the routes are given; `bootstrap/` fills it and puts it on the application's state."""

from dataclasses import dataclass
from typing import Annotated, cast

from fastapi import Depends, Request

from domain.ports.forge import AppMaker, Forge, SignIn
from domain.ports.jobs import Clock
from domain.ports.store import Store
from domain.secrets import Secret
from operations.app_lookup import AppLookup


@dataclass(frozen=True, slots=True)
class Access:
    """Where the service is, and who may do what.

    Attributes:
        public_url: where browsers and GitHub reach this service, without a slash at its end.
        github_url: GitHub's web pages, without a slash at its end.
        api_token: the API's bearer token; None closes the API.
        creation_key: stands in the link that creates the App.
        session_key: 32 bytes, hexadecimal; seals the cookies of people who are signed in.
    """

    public_url: str
    github_url: str
    api_token: Secret | None
    creation_key: Secret
    session_key: Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiServices:
    """Everything a route may use."""

    store: Store
    clock: Clock
    forge: Forge
    lookup: AppLookup
    sign_in: SignIn
    maker: AppMaker
    access: Access


def services_of(request: Request) -> ApiServices:
    """Return the services of the application that received `request`."""
    return cast("ApiServices", request.app.state.services)


ServicesOfRequest = Annotated[ApiServices, Depends(services_of)]
