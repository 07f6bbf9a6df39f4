"""The simulator's HTTP surface: one module per subject of GitHub's REST API.

Belongs here: reading a request, asking the parts one level up, answering in GitHub's form.
Does not belong here: state and decisions.
"""
