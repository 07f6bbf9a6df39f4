"""GitHub's own list of what it delivered to us, and asking for a delivery once more."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from pydantic import AwareDatetime, BaseModel, RootModel

from domain.errors import NotFound
from domain.identifiers import DeliveryId
from domain.ports.forge import HookDelivery
from github_app.asking import NOT_FOUND, OK, Asking, follow_pages, parse
from github_app.client import Call, refusal
from github_app.payloads import Id

_ACCEPTED: Final = 202
_GONE: Final = frozenset({NOT_FOUND, 422})
_SUCCESS: Final = range(200, 300)


def list_hook_deliveries(asking: Asking, since: datetime) -> Iterator[HookDelivery]:
    """Give the attempts GitHub made to deliver to us, newest first, back to `since`; page by page as wanted."""
    pages = follow_pages(lambda query: asking.ask_as_app(Call("GET", "/app/hook/deliveries", query=query)))
    for answer in pages:
        if answer.status != OK:
            raise refusal(answer, "list its deliveries")
        for attempt in parse(_Attempts, answer).root:
            if attempt.delivered_at < since:
                return
            yield attempt.to_domain()


def redeliver(asking: Asking, attempt_id: int) -> None:
    """Ask GitHub to deliver once more."""
    answer = asking.ask_as_app(Call("POST", f"/app/hook/deliveries/{attempt_id}/attempts"))
    if answer.status in _GONE:
        raise NotFound(
            "delivery_not_found",
            f"GitHub cannot deliver attempt {attempt_id} again: it keeps deliveries for three days. "
            "The sweep of branches and pull requests finds what it was about.",
        )
    if answer.status != _ACCEPTED:
        raise refusal(answer, "deliver once more")


class _Attempt(BaseModel):
    id: Id
    guid: str
    delivered_at: AwareDatetime
    status_code: int = 0

    def to_domain(self) -> HookDelivery:
        return HookDelivery(self.id, DeliveryId(self.guid.lower()), self.delivered_at, self.status_code in _SUCCESS)


class _Attempts(RootModel[list[_Attempt]]):
    pass
