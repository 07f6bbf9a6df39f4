"""Reasons: why a delivery did not start a deployment, and what would make it do so."""

from enum import StrEnum
from typing import Final


class Reason(StrEnum):
    """Why a delivery did not start a deployment."""

    BRANCH_DELETED = "branch_deleted"
    TAG = "tag"
    NOT_A_BRANCH = "not_a_branch"
    MERGE_QUEUE_REF = "merge_queue_ref"
    BRANCH_NAME_INVALID = "branch_name_invalid"
    NOT_CONNECTED = "not_connected"
    NOT_TRACKED = "not_tracked"
    SUSPENDED = "suspended"
    ACCESS_LOST = "access_lost"
    ARCHIVED = "archived"
    PAUSED = "paused"
    SKIP_MARKER = "skip_marker"
    PATH_FILTER = "path_filter"
    SUPERSEDED = "superseded"
    ALREADY_DEPLOYED = "already_deployed"
    ALREADY_IN_PROGRESS = "already_in_progress"
    PREVIEWS_OFF = "previews_off"
    DRAFT = "draft"
    FORK_POLICY = "fork_policy"
    HEAD_REPOSITORY_GONE = "head_repository_gone"
    NO_PREVIEW = "no_preview"
    PREVIEW_SHARED = "preview_shared"
    PREVIEW_ARCHIVED = "preview_archived"
    PULL_REQUEST_UNKNOWN = "pull_request_unknown"
    CHECK_UNKNOWN = "check_unknown"
    NOT_PERMITTED = "not_permitted"
    DEPLOYMENT_ENDED = "deployment_ended"
    NOT_HELD = "not_held"
    NOT_DEPLOYED = "not_deployed"
    NOTHING_CHANGED = "nothing_changed"
    UNKNOWN_EVENT = "unknown_event"
    PAYLOAD_INVALID = "payload_invalid"


EXPLANATIONS: Final = {
    Reason.BRANCH_DELETED: ("The branch was deleted.", "Push the branch again to deploy it."),
    Reason.TAG: ("A tag was pushed; tags do not deploy.", "Push the commit to a tracked branch."),
    Reason.NOT_A_BRANCH: ("The ref is not a branch.", "Push the commit to a tracked branch."),
    Reason.MERGE_QUEUE_REF: (
        "The ref belongs to GitHub's merge queue.",
        "Nothing to do: the merged commit deploys when it reaches its branch.",
    ),
    Reason.BRANCH_NAME_INVALID: ("The branch name is not one git accepts.", "Rename the branch and push it."),
    Reason.NOT_CONNECTED: (
        "No project is connected to this repository.",
        "Connect it: pushwright project connect PROJECT --repo OWNER/NAME.",
    ),
    Reason.NOT_TRACKED: (
        "No environment of the project tracks this branch.",
        "Track it in the project's git settings, or push to a tracked branch.",
    ),
    Reason.SUSPENDED: (
        "The GitHub App installation is suspended.",
        "Unsuspend it in the account's settings on GitHub.",
    ),
    Reason.ACCESS_LOST: (
        "The GitHub App has no access to the repository any more.",
        "Give the App access to the repository in the installation's settings on GitHub.",
    ),
    Reason.ARCHIVED: (
        "The repository is archived on GitHub.",
        "Unarchive it in the repository's settings on GitHub.",
    ),
    Reason.PAUSED: (
        "Automatic deployments of the project are paused.",
        "Resume them in the project's git settings.",
    ),
    Reason.SKIP_MARKER: (
        "The commit message asks to skip deployment.",
        "Push a commit without a marker such as [skip ci].",
    ),
    Reason.PATH_FILTER: (
        "Only files that the project's ignored paths name have changed since the environment's current deployment.",
        "Change another file, or change the ignored paths in the project's git settings.",
    ),
    Reason.SUPERSEDED: ("A newer push to the branch is already deployed or on its way.", "Nothing to do."),
    Reason.ALREADY_DEPLOYED: (
        "This commit is what the environment runs.",
        "Push another commit (an empty one will do), or re-run the check on GitHub, to deploy again.",
    ),
    Reason.ALREADY_IN_PROGRESS: (
        "This commit is being deployed already.",
        "Nothing to do: wait for it to end.",
    ),
    Reason.PREVIEWS_OFF: (
        "Previews of the project are switched off.",
        "Switch them on in the project's git settings, then push to the pull request.",
    ),
    Reason.DRAFT: (
        "The pull request is a draft, and the project does not deploy drafts.",
        "Mark it as ready for review, or let drafts deploy in the project's git settings.",
    ),
    Reason.FORK_POLICY: (
        "The pull request comes from a fork, and the project does not build forks.",
        "Choose another fork policy in the project's git settings: build without secrets, or after approval.",
    ),
    Reason.HEAD_REPOSITORY_GONE: (
        "The repository the pull request comes from was deleted.",
        "Open the pull request again from a branch that exists.",
    ),
    Reason.NO_PREVIEW: ("The pull request has no preview that could be archived.", "Nothing to do."),
    Reason.PREVIEW_SHARED: (
        "Another open pull request has the same branch: its preview stays.",
        "Nothing to do: the preview is archived with the last of them.",
    ),
    Reason.PREVIEW_ARCHIVED: (
        "The preview is in the archive.",
        "Reopen the pull request, or push to it, to have the preview back.",
    ),
    Reason.PULL_REQUEST_UNKNOWN: ("GitHub does not know the pull request any more.", "Nothing to do."),
    Reason.CHECK_UNKNOWN: ("The check does not belong to a deployment here.", "Push to deploy."),
    Reason.NOT_PERMITTED: (
        "Whoever asked may not write to the repository.",
        "Let somebody with write access to the repository ask.",
    ),
    Reason.DEPLOYMENT_ENDED: ("The deployment has ended: there is nothing to cancel.", "Nothing to do."),
    Reason.NOT_HELD: ("The deployment does not wait for an approval.", "Nothing to do."),
    Reason.NOT_DEPLOYED: (
        "The deployment did not become an image: there is nothing to go back to.",
        "Redeploy it, or roll back to one that was deployed.",
    ),
    Reason.NOTHING_CHANGED: ("The event changes nothing here.", "Nothing to do."),
    Reason.UNKNOWN_EVENT: ("This kind of event never deploys.", "Nothing to do."),
    Reason.PAYLOAD_INVALID: (
        "The payload is not what GitHub documents for this event.",
        "See the delivery's failure; redeliver it from the App's settings on GitHub when it is fixed.",
    ),
}
"""For each reason what happened, and what would make it deploy."""
