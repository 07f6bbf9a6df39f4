"""The schema: types, fields and arguments are GitHub's, of which there are many more."""

from functools import cache
from typing import Final

from graphql import GraphQLSchema, build_schema

TEXT: Final = """
scalar BigInt
scalar DateTime
scalar GitObjectID
scalar GitTimestamp
scalar URI

enum IssueOrderField { COMMENTS CREATED_AT UPDATED_AT }
enum OrderDirection { ASC DESC }
enum PullRequestState { CLOSED MERGED OPEN }

input IssueOrder { field: IssueOrderField! direction: OrderDirection! }

interface Node { id: ID! }

interface Actor { avatarUrl(size: Int): URI! login: String! url: URI! }

interface RepositoryOwner { avatarUrl(size: Int): URI! id: ID! login: String! url: URI! }

interface GitObject { abbreviatedOid: String! id: ID! oid: GitObjectID! }

type Bot implements Actor & Node { avatarUrl(size: Int): URI! databaseId: Int id: ID! login: String! url: URI! }

type User implements Actor & Node & RepositoryOwner {
  avatarUrl(size: Int): URI! databaseId: Int id: ID! login: String! url: URI!
}

type Organization implements Actor & Node & RepositoryOwner {
  avatarUrl(size: Int): URI! databaseId: Int id: ID! login: String! url: URI!
}

type GitActor { date: GitTimestamp email: String name: String }

type Commit implements GitObject & Node {
  abbreviatedOid: String!
  author: GitActor
  committedDate: DateTime!
  committer: GitActor
  id: ID!
  message: String!
  messageHeadline: String!
  oid: GitObjectID!
}

type Tag implements GitObject & Node {
  abbreviatedOid: String! id: ID! name: String! oid: GitObjectID! target: GitObject!
}

type Ref implements Node { id: ID! name: String! prefix: String! target: GitObject }

type PageInfo { endCursor: String hasNextPage: Boolean! hasPreviousPage: Boolean! startCursor: String }

type RefConnection { nodes: [Ref] pageInfo: PageInfo! totalCount: Int! }

type Label implements Node { id: ID! name: String! }

type LabelConnection { nodes: [Label] pageInfo: PageInfo! totalCount: Int! }

type PullRequestConnection { nodes: [PullRequest] pageInfo: PageInfo! totalCount: Int! }

type PullRequest implements Node {
  author: Actor
  baseRefName: String!
  baseRefOid: GitObjectID!
  baseRepository: Repository
  body: String!
  closedAt: DateTime
  createdAt: DateTime!
  databaseId: Int
  fullDatabaseId: BigInt
  headRef: Ref
  headRefName: String!
  headRefOid: GitObjectID!
  headRepository: Repository
  headRepositoryOwner: RepositoryOwner
  id: ID!
  isCrossRepository: Boolean!
  isDraft: Boolean!
  labels(after: String, first: Int): LabelConnection
  merged: Boolean!
  mergedAt: DateTime
  number: Int!
  state: PullRequestState!
  title: String!
  updatedAt: DateTime!
  url: URI!
}

type Repository implements Node {
  createdAt: DateTime!
  databaseId: Int
  defaultBranchRef: Ref
  id: ID!
  isArchived: Boolean!
  isFork: Boolean!
  isPrivate: Boolean!
  name: String!
  nameWithOwner: String!
  object(oid: GitObjectID, expression: String): GitObject
  owner: RepositoryOwner!
  parent: Repository
  pullRequest(number: Int!): PullRequest
  pullRequests(
    after: String, baseRefName: String, first: Int, headRefName: String, orderBy: IssueOrder
    states: [PullRequestState!]
  ): PullRequestConnection!
  pushedAt: DateTime
  ref(qualifiedName: String!): Ref
  refs(after: String, first: Int, refPrefix: String!): RefConnection
  url: URI!
}

type RateLimit {
  cost: Int! limit: Int! nodeCount: Int! remaining: Int! resetAt: DateTime! used: Int!
}

type Query {
  node(id: ID!): Node
  nodes(ids: [ID!]!): [Node]!
  rateLimit(dryRun: Boolean = false): RateLimit
  repository(followRenames: Boolean = true, name: String!, owner: String!): Repository
}
"""


@cache
def load_schema() -> GraphQLSchema:
    """Return the schema, which is built once."""
    return build_schema(TEXT)
