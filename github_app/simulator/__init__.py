"""GitHub, small enough to start in a test: the endpoints this service calls, with real git behind them.

Belongs here: a server that behaves towards us as GitHub does (App authentication, scoped and expiring tokens, smart
HTTP on bare repositories, signed deliveries, everything it was told), and a way to make it misbehave.
Does not belong here: anything the service itself needs to talk to the real GitHub. Nothing outside this package
imports it except `bootstrap` and the tests.
"""
