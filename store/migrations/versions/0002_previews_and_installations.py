"""Previews, pull requests, what is known of installations, and the App's credentials.

Revision: 0002
"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_OUTCOMES = "'start', 'promote', 'archive', 'cancel', 'approve', 'reject', 'note', 'ignore'"
# The first schema's names of CHECK constraints came out with their prefix twice.
_FIRST_OUTCOME = "ck_decisions_ck_decisions_outcome"
_FIRST_STATE = "ck_connections_ck_connections_state"
_PREVIEW_COLUMNS = ("parent_id", "head_repository_id", "branch", "keep", "active_at", "archived_at")
_DEPLOYMENT_COLUMNS = (
    "triggered_by_avatar",
    "pull_request_number",
    "pull_request_title",
    "pull_request_state",
    "pull_request_trusted",
    "pull_request_base_sha",
    "pull_request_repository_id",
    "held",
    "approved_by",
    "failure_problems",
    "github_deployment_id",
    "github_deployment_state",
)
_TABLES = (
    "granted_writes",
    "branch_heads",
    "pull_requests",
    "comments",
    "github_app",
    "sealed_values",
    "round_trips",
)


def upgrade() -> None:
    _extend_installations()
    _extend_repositories()
    _extend_projects()
    _extend_connections()
    _extend_environments()
    _extend_deployments()
    op.drop_constraint(op.f(_FIRST_OUTCOME), "decisions")
    op.create_check_constraint(op.f("ck_decisions_outcome"), "decisions", f"outcome IN ({_OUTCOMES})")
    _create_granted_writes()
    _create_branch_heads()
    _create_pull_requests()
    _create_comments()
    _create_credentials()


def downgrade() -> None:
    """Go back; what the first schema has no place for is lost: previews with all that belongs to them, and words."""
    for table in reversed(_TABLES):
        op.drop_table(table)
    _remove_previews()
    op.execute("DELETE FROM decisions WHERE outcome NOT IN ('start', 'promote', 'ignore')")
    op.drop_constraint(op.f("ck_decisions_outcome"), "decisions")
    op.create_check_constraint(op.f(_FIRST_OUTCOME), "decisions", "outcome IN ('start', 'promote', 'ignore')")
    _drop("deployments", _DEPLOYMENT_COLUMNS)
    op.alter_column("deployments", "triggered_by_login", new_column_name="triggered_by")
    op.drop_constraint(op.f("ck_environments_whole_preview"), "environments")
    op.drop_constraint("uq_environments_project_id_head_repository_id_branch", "environments")
    _drop("environments", _PREVIEW_COLUMNS)
    _restore_states()
    _drop("projects", ("previews", "drafts", "fork_policy", "ignored_paths", "submodules"))
    op.drop_index("ix_repositories_lower_full_name", "repositories")
    _drop("repositories", ("archived", "accessible"))
    _drop(
        "installations",
        ("account_id", "account_login", "account_kind", "suspended_at", "deleted_at", "writes_blocked_until"),
    )


def _extend_installations() -> None:
    _add("installations", sa.Column("account_id", sa.BigInteger()))
    _add("installations", sa.Column("account_login", sa.Text()))
    _add("installations", sa.Column("account_kind", sa.Text()))
    _add("installations", _moment("suspended_at"))
    _add("installations", _moment("deleted_at"))
    _add("installations", _moment("writes_blocked_until"))


def _extend_repositories() -> None:
    _add("repositories", _flag("archived"))
    _add("repositories", _flag("accessible", default="true"))
    op.create_index("ix_repositories_lower_full_name", "repositories", [sa.text("lower(full_name)")])
    op.execute(
        "UPDATE repositories SET accessible = false WHERE id IN "
        "(SELECT repository_id FROM connections WHERE state = 'access_lost')"
    )
    op.execute(
        "UPDATE installations SET suspended_at = now() WHERE id IN (SELECT installation_id FROM repositories "
        "JOIN connections ON repository_id = repositories.id WHERE state = 'suspended')"
    )


def _extend_projects() -> None:
    _add("projects", _flag("previews", default="true"))
    _add("projects", _flag("drafts", default="true"))
    _add("projects", sa.Column("fork_policy", sa.Text(), server_default="ignore", nullable=False))
    _add("projects", sa.Column("ignored_paths", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False))
    _add("projects", _flag("submodules"))
    op.create_check_constraint(
        op.f("ck_projects_fork_policy"), "projects", "fork_policy IN ('ignore', 'without_secrets', 'approval')"
    )


def _extend_connections() -> None:
    _add("connections", _flag("paused"))
    _add("connections", _moment("watched_at"))
    op.execute("UPDATE connections SET paused = true WHERE state = 'paused'")
    op.drop_constraint(op.f(_FIRST_STATE), "connections")
    op.drop_column("connections", "state")


def _extend_environments() -> None:
    _add("environments", sa.Column("parent_id", sa.Text()))
    _add("environments", sa.Column("head_repository_id", sa.BigInteger()))
    _add("environments", sa.Column("branch", sa.Text()))
    _add("environments", _flag("keep"))
    _add("environments", _moment("active_at"))
    _add("environments", _moment("archived_at"))
    op.create_foreign_key(
        "fk_environments_parent_id_environments", "environments", "environments", ["parent_id"], ["id"]
    )
    op.create_index("ix_environments_parent_id", "environments", ["parent_id"])
    op.create_unique_constraint(
        "uq_environments_project_id_head_repository_id_branch",
        "environments",
        ["project_id", "head_repository_id", "branch"],
    )
    op.create_check_constraint(
        op.f("ck_environments_whole_preview"),
        "environments",
        "num_nulls(parent_id, head_repository_id, branch, active_at) IN (0, 4)",
    )
    op.execute(
        "INSERT INTO environments (id, project_id, kind, slug) SELECT "
        "'env_' || substr(replace(gen_random_uuid()::text, '-', ''), 1, 20), id, 'preview', 'preview' FROM projects "
        "WHERE NOT EXISTS (SELECT FROM environments WHERE project_id = projects.id AND "
        "(kind = 'preview' OR slug = 'preview'))"
    )


def _extend_deployments() -> None:
    op.alter_column("deployments", "triggered_by", new_column_name="triggered_by_login")
    _add("deployments", sa.Column("triggered_by_avatar", sa.Text(), server_default="", nullable=False))
    _add("deployments", sa.Column("pull_request_number", sa.Integer()))
    _add("deployments", sa.Column("pull_request_title", sa.Text()))
    _add("deployments", sa.Column("pull_request_state", sa.Text()))
    _add("deployments", sa.Column("pull_request_trusted", sa.Boolean()))
    _add("deployments", sa.Column("pull_request_base_sha", sa.Text()))
    _add("deployments", sa.Column("pull_request_repository_id", sa.BigInteger()))
    _add("deployments", _flag("held"))
    _add("deployments", sa.Column("approved_by", sa.Text()))
    _add("deployments", sa.Column("failure_problems", postgresql.JSONB()))
    _add("deployments", sa.Column("github_deployment_id", sa.BigInteger()))
    _add("deployments", sa.Column("github_deployment_state", sa.Text(), server_default="", nullable=False))


def _create_granted_writes() -> None:
    op.create_table(
        "granted_writes",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("installation_id", sa.BigInteger(), nullable=False),
        sa.Column("granted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["installation_id"],
            ["installations.id"],
            name="fk_granted_writes_installation_id_installations",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_granted_writes"),
    )
    op.create_index("ix_granted_writes_installation_id_granted_at", "granted_writes", ["installation_id", "granted_at"])


def _create_branch_heads() -> None:
    op.create_table(
        "branch_heads",
        sa.Column("repository_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("branch", sa.Text(), nullable=False),
        sa.Column("sha", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("repository_id", "branch", name="pk_branch_heads"),
    )


def _create_pull_requests() -> None:
    op.create_table(
        "pull_requests",
        sa.Column("repository_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("head_repository_id", sa.BigInteger()),
        sa.Column("head_branch", sa.Text(), nullable=False),
        sa.Column("head_sha", sa.Text(), nullable=False),
        sa.Column("draft", sa.Boolean(), nullable=False),
        sa.Column("is_open", sa.Boolean(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("repository_id", "number", name="pk_pull_requests"),
    )
    op.create_index(
        "ix_pull_requests_open_head",
        "pull_requests",
        ["repository_id", "head_repository_id", "head_branch"],
        postgresql_where=sa.text("is_open"),
    )


def _create_comments() -> None:
    op.create_table(
        "comments",
        sa.Column("repository_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("comment_id", sa.BigInteger(), nullable=False),
        sa.Column("text_hash", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("repository_id", "number", name="pk_comments"),
    )


def _create_credentials() -> None:
    op.create_table(
        "github_app",
        sa.Column("one", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("app_id", sa.BigInteger(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("one", name=op.f("ck_github_app_one")),
        sa.PrimaryKeyConstraint("one", name="pk_github_app"),
    )
    op.create_table(
        "sealed_values",
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("wrapped_key", sa.LargeBinary(), nullable=False),
        sa.Column("nonce", sa.LargeBinary(), nullable=False),
        sa.Column("ciphertext", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("place", name="pk_sealed_values"),
    )
    op.create_table(
        "round_trips",
        sa.Column("state_hash", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("session_hash", sa.Text(), nullable=False),
        sa.Column("return_to", sa.Text(), nullable=False),
        sa.Column("installation_id", sa.BigInteger()),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("purpose IN ('create_app', 'install', 'sign_in')", name=op.f("ck_round_trips_purpose")),
        sa.PrimaryKeyConstraint("state_hash", name="pk_round_trips"),
    )
    op.create_index("ix_round_trips_expires_at", "round_trips", ["expires_at"])


def _remove_previews() -> None:
    op.execute(
        "DELETE FROM decisions WHERE environment_id IN (SELECT id FROM environments WHERE kind = 'preview') OR "
        "deployment_id IN (SELECT deployments.id FROM deployments JOIN environments "
        "ON environments.id = environment_id WHERE kind = 'preview')"
    )
    op.execute("UPDATE environments SET current_deployment_id = NULL WHERE kind = 'preview'")
    op.execute("DELETE FROM deployments USING environments WHERE environments.id = environment_id AND kind = 'preview'")
    op.execute("DELETE FROM environments WHERE kind = 'preview'")


def _restore_states() -> None:
    _add("connections", sa.Column("state", sa.Text(), server_default="active", nullable=False))
    op.alter_column("connections", "state", server_default=None)
    op.execute(
        "UPDATE connections SET state = CASE WHEN deleted_at IS NOT NULL OR NOT accessible THEN 'access_lost' "
        "WHEN suspended_at IS NOT NULL THEN 'suspended' WHEN paused OR archived THEN 'paused' ELSE 'active' END "
        "FROM repositories JOIN installations ON installations.id = repositories.installation_id "
        "WHERE repositories.id = connections.repository_id"
    )
    op.create_check_constraint(
        op.f(_FIRST_STATE), "connections", "state IN ('active', 'suspended', 'access_lost', 'paused')"
    )
    op.drop_column("connections", "watched_at")
    op.drop_column("connections", "paused")


def _flag(name: str, default: str = "false") -> sa.Column[bool]:
    return sa.Column(name, sa.Boolean(), server_default=sa.text(default), nullable=False)


def _moment(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True))


def _add(table: str, column: sa.Column[Any]) -> None:
    op.add_column(table, column)


def _drop(table: str, columns: tuple[str, ...]) -> None:
    for column in columns:
        op.drop_column(table, column)
