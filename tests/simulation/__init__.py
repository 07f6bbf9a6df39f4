"""Histories of pushes, pull requests, lost events and crashes, made up and checked.

`python -m tests.simulation --histories 1000 --seed 1` runs many; pytest runs some.
"""
