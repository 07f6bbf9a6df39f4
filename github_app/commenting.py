"""Our one comment on a pull request: made once, kept true, found again on whatever page it is."""

from pydantic import BaseModel, RootModel

from domain.ports.forge import PullRequestComment
from github_app.asking import CREATED, NOT_FOUND, OK, Asking, follow_pages, parse, route
from github_app.client import Answer, Call, refusal
from github_app.comment_text import MARKER, comment_body
from github_app.payloads import Id, IdPart, Text
from github_app.tokens import Purpose


def write_comment(asking: Asking, app_id: int, comment: PullRequestComment) -> int:
    """Create or update our comment on a pull request and return its id."""
    if comment.comment_id is not None and _update(asking, comment, comment.comment_id):
        return comment.comment_id
    found = _find(asking, app_id, comment)
    if found is not None and _update(asking, comment, found):
        return found
    return _create(asking, comment)


def _create(asking: Asking, comment: PullRequestComment) -> int:
    answer = _send(asking, comment, "POST", f"issues/{comment.number}/comments")
    if answer.status != CREATED:
        raise refusal(answer, "comment on a pull request")
    return parse(IdPart, answer).id


def _update(asking: Asking, comment: PullRequestComment, comment_id: int) -> bool:
    """Update the comment; False when somebody deleted it."""
    answer = _send(asking, comment, "PATCH", f"issues/comments/{comment_id}")
    if answer.status not in {OK, NOT_FOUND}:
        raise refusal(answer, "change a comment on a pull request")
    return answer.status == OK


def _find(asking: Asking, app_id: int, comment: PullRequestComment) -> int | None:
    """Return the comment made before a crash kept its id from being stored."""
    path = f"issues/{comment.number}/comments"
    pages = follow_pages(
        lambda query: asking.ask(
            comment.address, Purpose.WRITE_COMMENTS, lambda name: Call("GET", f"{route(name)}/{path}", query=query)
        )
    )
    for answer in pages:
        if answer.status != OK:
            raise refusal(answer, "list the comments of a pull request")
        ours = [found.id for found in parse(_Comments, answer).root if found.is_of(app_id)]
        if ours:
            return ours[0]
    return None


def _send(asking: Asking, comment: PullRequestComment, method: str, path: str) -> Answer:
    body = {"body": comment_body(comment)}
    return asking.ask(comment.address, Purpose.WRITE_COMMENTS, lambda name: Call(method, f"{route(name)}/{path}", body))


class _User(BaseModel):
    type: Text = ""


class _Comment(BaseModel):
    id: Id
    body: Text = ""
    user: _User | None = None
    performed_via_github_app: IdPart | None = None

    def is_of(self, app_id: int) -> bool:
        """Whether it is ours: anybody can write the marker, so the author counts too."""
        if not self.body.startswith(MARKER):
            return False
        if self.performed_via_github_app is not None:
            return self.performed_via_github_app.id == app_id
        return self.user is not None and self.user.type == "Bot"


class _Comments(RootModel[list[_Comment]]):
    pass
