"""The part of GitHub's GraphQL API that answers for repositories, branches and pull requests.

Belongs here: the schema, a subset of GitHub's, and what its fields are resolved to.
Does not belong here: what REST answers.
"""
