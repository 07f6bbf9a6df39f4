"""The buttons on the page of a check: run it again, run all of them again, or one that the App made."""

from github_app.simulator.deliveries import Delivery
from github_app.simulator.events.checks import tell_of_check_run, tell_of_check_suite
from github_app.simulator.parts import CheckDetails, Parts
from github_app.simulator.refusals import Refused, not_found
from github_app.simulator.reports import Report, ReportKind
from github_app.simulator.state import Account, HostedRepository


class CheckButtons:
    """Presses buttons; who presses is who is signed in unless a login is given."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def rerequest_run(self, check_run_id: int, *, sender: str | None = None) -> Delivery | None:
        """Ask for one check again."""
        return tell_of_check_run(self._parts, self._find(check_run_id), None, self._person(sender))

    def press(self, check_run_id: int, identifier: str, *, sender: str | None = None) -> Delivery | None:
        """Press a button that the App gave the check run; 422 when it has no such button."""
        report = self._find(check_run_id)
        details = self._parts.check_details.get(check_run_id, CheckDetails())
        if identifier not in {action["identifier"] for action in details.actions}:
            raise Refused(422, f"The check run {check_run_id} has no button {identifier}.")
        return tell_of_check_run(self._parts, report, identifier, self._person(sender))

    def rerequest_suite(
        self, sha: str, *, repository_id: int | None = None, sender: str | None = None
    ) -> Delivery | None:
        """Ask for all checks of a commit again; without an id, in the repository that has checks of it."""
        repository = (
            self._find_repository(sha) if repository_id is None else self._parts.state.get_repository(repository_id)
        )
        return tell_of_check_suite(self._parts, repository, sha, self._person(sender))

    def _find(self, check_run_id: int) -> Report:
        report = self._parts.reports.find(ReportKind.CHECK_RUN, check_run_id)
        if report is None:
            raise not_found()
        return report

    def _find_repository(self, sha: str) -> HostedRepository:
        for report in self._parts.reports.list_reports(ReportKind.CHECK_RUN):
            if report.content["head_sha"] == sha:
                return self._parts.state.get_repository(report.repository.id)
        raise not_found()

    def _person(self, login: str | None) -> Account | None:
        return self._parts.state.account(login, "User") if login else None
