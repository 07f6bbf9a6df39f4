"""The first schema.

Revision: 0001
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_STATUSES = "'PENDING', 'INSTALLING', 'BUILDING', 'DEPLOYING', 'DEPLOYED', 'FAILED', 'CANCELED', 'TIMED_OUT'"
_TABLES = (
    "deliveries",
    "installations",
    "repositories",
    "projects",
    "connections",
    "environments",
    "deployments",
    "variables",
    "task_manifests",
    "log_chunks",
    "outbox",
    "decisions",
)


def upgrade() -> None:
    _create_deliveries()
    _create_installations()
    _create_repositories()
    _create_projects()
    _create_connections()
    _create_environments()
    _create_deployments()
    _create_variables()
    _create_task_manifests()
    _create_log_chunks()
    _create_outbox()
    _create_decisions()
    # Environments and deployments refer to each other: this half comes when both are there.
    op.create_foreign_key(
        "fk_environments_current_deployment_id_deployments",
        "environments",
        "deployments",
        ["current_deployment_id"],
        ["id"],
    )


def downgrade() -> None:
    op.drop_constraint("fk_environments_current_deployment_id_deployments", "environments")
    for table in reversed(_TABLES):
        op.drop_table(table)


def _create_deliveries() -> None:
    op.create_table(
        "deliveries",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("event_name", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("failure", sa.Text(), server_default="", nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True)),
        sa.CheckConstraint("status IN ('received', 'processing', 'done', 'failed')", name="ck_deliveries_status"),
        sa.PrimaryKeyConstraint("id", name="pk_deliveries"),
    )
    op.create_index("ix_deliveries_received_at", "deliveries", ["received_at"])
    op.create_index(
        "ix_deliveries_undecided",
        "deliveries",
        ["subject", "received_at"],
        postgresql_where=sa.text("status IN ('received', 'processing')"),
    )


def _create_installations() -> None:
    op.create_table(
        "installations",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_installations"),
    )


def _create_repositories() -> None:
    op.create_table(
        "repositories",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("installation_id", sa.BigInteger(), nullable=False),
        sa.Column("full_name", sa.Text(), nullable=False),
        sa.Column("default_branch", sa.Text(), nullable=False),
        sa.Column("private", sa.Boolean(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["installation_id"], ["installations.id"], name="fk_repositories_installation_id_installations"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_repositories"),
    )
    op.create_index("ix_repositories_installation_id", "repositories", ["installation_id"])


def _create_projects() -> None:
    op.create_table(
        "projects",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("config_path", sa.Text()),
        sa.Column("install_command", sa.Text()),
        sa.Column("pre_build_command", sa.Text()),
        sa.Column("queue_policy", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("queue_policy IN ('every_commit', 'newest_only')", name="ck_projects_queue_policy"),
        sa.PrimaryKeyConstraint("id", name="pk_projects"),
        sa.UniqueConstraint("slug", name="uq_projects_slug"),
    )


def _create_connections() -> None:
    op.create_table(
        "connections",
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("repository_id", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("state IN ('active', 'suspended', 'access_lost', 'paused')", name="ck_connections_state"),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name="fk_connections_project_id_projects", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["repository_id"], ["repositories.id"], name="fk_connections_repository_id_repositories"
        ),
        sa.PrimaryKeyConstraint("project_id", name="pk_connections"),
    )
    op.create_index("ix_connections_repository_id", "connections", ["repository_id"])


def _create_environments() -> None:
    op.create_table(
        "environments",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("tracked_branch", sa.Text()),
        sa.Column("last_sequence", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("last_version_day", sa.Date()),
        sa.Column("last_version_number", sa.Integer()),
        sa.Column("current_deployment_id", sa.Text()),
        sa.Column("current_sequence", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("current_at", sa.DateTime(timezone=True)),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("kind IN ('production', 'staging', 'preview')", name="ck_environments_kind"),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name="fk_environments_project_id_projects"),
        sa.PrimaryKeyConstraint("id", name="pk_environments"),
        sa.UniqueConstraint("project_id", "slug", name="uq_environments_project_id_slug"),
    )


def _create_deployments() -> None:
    op.create_table(
        "deployments",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("environment_id", sa.Text(), nullable=False),
        sa.Column("sha", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("author_name", sa.Text(), nullable=False),
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("before", sa.Text()),
        sa.Column("version_day", sa.Date(), nullable=False),
        sa.Column("version_number", sa.Integer(), nullable=False),
        sa.Column("short_code", sa.Text(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("forced", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("attempt", sa.Integer(), server_default="0", nullable=False),
        sa.Column("triggered_via", sa.Text(), nullable=False),
        sa.Column("triggered_by", sa.Text(), nullable=False),
        sa.Column("image", sa.Text()),
        sa.Column("failure_code", sa.Text()),
        sa.Column("failure_sentence", sa.Text()),
        sa.Column("check_run_id", sa.BigInteger()),
        sa.Column("log_line_count", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True)),
        sa.Column("installed_at", sa.DateTime(timezone=True)),
        sa.Column("built_at", sa.DateTime(timezone=True)),
        sa.Column("finished_at", sa.DateTime(timezone=True)),
        sa.CheckConstraint(
            f"status IN ({_STATUSES})",
            name="ck_deployments_status",
        ),
        sa.ForeignKeyConstraint(
            ["environment_id"], ["environments.id"], name="fk_deployments_environment_id_environments"
        ),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name="fk_deployments_project_id_projects"),
        sa.PrimaryKeyConstraint("id", name="pk_deployments"),
        sa.UniqueConstraint("environment_id", "sequence", name="uq_deployments_environment_id_sequence"),
        sa.UniqueConstraint(
            "environment_id",
            "version_day",
            "version_number",
            name="uq_deployments_environment_id_version_day_version_number",
        ),
        sa.UniqueConstraint("project_id", "short_code", name="uq_deployments_project_id_short_code"),
    )
    op.create_index("ix_deployments_created_at", "deployments", ["created_at"])
    op.create_index("ix_deployments_environment_id_sha", "deployments", ["environment_id", "sha"])
    op.create_index("ix_deployments_project_id_created_at", "deployments", ["project_id", "created_at"])
    op.create_index(
        "uq_deployments_live_commit",
        "deployments",
        ["environment_id", "sha"],
        unique=True,
        postgresql_where=sa.text(
            "NOT forced AND status IN ('PENDING', 'INSTALLING', 'BUILDING', 'DEPLOYING', 'DEPLOYED')"
        ),
    )


def _create_variables() -> None:
    op.create_table(
        "variables",
        sa.Column("environment_id", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("wrapped_key", sa.LargeBinary(), nullable=False),
        sa.Column("nonce", sa.LargeBinary(), nullable=False),
        sa.Column("ciphertext", sa.LargeBinary(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["environment_id"], ["environments.id"], name="fk_variables_environment_id_environments", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("environment_id", "key", name="pk_variables"),
    )


def _create_task_manifests() -> None:
    op.create_table(
        "task_manifests",
        sa.Column("deployment_id", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("task_ids", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(
            ["deployment_id"],
            ["deployments.id"],
            name="fk_task_manifests_deployment_id_deployments",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("deployment_id", name="pk_task_manifests"),
    )


def _create_log_chunks() -> None:
    op.create_table(
        "log_chunks",
        sa.Column("deployment_id", sa.Text(), nullable=False),
        sa.Column("first_line", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("lines", postgresql.JSONB(), nullable=False),
        sa.ForeignKeyConstraint(
            ["deployment_id"], ["deployments.id"], name="fk_log_chunks_deployment_id_deployments", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("deployment_id", "first_line", name="pk_log_chunks"),
    )


def _create_outbox() -> None:
    op.create_table(
        "outbox",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("deployment_id", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True)),
        sa.CheckConstraint(
            f"status IN ({_STATUSES})",
            name="ck_outbox_status",
        ),
        sa.ForeignKeyConstraint(
            ["deployment_id"], ["deployments.id"], name="fk_outbox_deployment_id_deployments", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_outbox"),
    )
    op.create_index("ix_outbox_deployment_id_id", "outbox", ["deployment_id", "id"])


def _create_decisions() -> None:
    op.create_table(
        "decisions",
        sa.Column("delivery_id", sa.Text(), nullable=False),
        sa.Column("ordinal", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("sentence", sa.Text(), nullable=False),
        sa.Column("hint", sa.Text(), nullable=False),
        sa.Column("project_id", sa.Text()),
        sa.Column("environment_id", sa.Text()),
        sa.Column("deployment_id", sa.Text()),
        sa.CheckConstraint("outcome IN ('start', 'promote', 'ignore')", name="ck_decisions_outcome"),
        sa.ForeignKeyConstraint(
            ["delivery_id"], ["deliveries.id"], name="fk_decisions_delivery_id_deliveries", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["deployment_id"], ["deployments.id"], name="fk_decisions_deployment_id_deployments"),
        sa.ForeignKeyConstraint(
            ["environment_id"], ["environments.id"], name="fk_decisions_environment_id_environments"
        ),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name="fk_decisions_project_id_projects"),
        sa.PrimaryKeyConstraint("delivery_id", "ordinal", name="pk_decisions"),
    )
