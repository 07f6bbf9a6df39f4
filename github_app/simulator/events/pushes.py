"""`push`: one event for each ref that changed, told to the installation on the repository that was pushed to."""

from collections.abc import Mapping, Sequence

from github_app.simulator.deliveries import Delivery
from github_app.simulator.parts import Parts
from github_app.simulator.push_events import PushEvents, RefChange
from github_app.simulator.state import Account, HostedRepository


def tell_of_push(
    parts: Parts,
    repository: HostedRepository,
    before: Mapping[str, str],
    changes: Sequence[RefChange],
    pusher: Account,
) -> tuple[Delivery, ...]:
    """Deliver a push, if the App is installed, not suspended, and hears it."""
    installation = parts.state.find_installation_on(repository)
    if installation is None or installation.suspended_at:
        return ()
    if not parts.app.hears("push", installation.permissions):
        return ()
    known = {ref: sha for ref, sha in before.items() if not ref.startswith("refs/pull/")}
    events = PushEvents(parts.writer, parts.git, repository, known)
    return tuple(parts.courier.deliver("push", events.payload(change, installation, pusher)) for change in changes)
