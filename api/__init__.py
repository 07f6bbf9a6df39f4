"""HTTP: the front door.

Routes take a request apart, call `operations/` or the store, and answer. They decide nothing and hold no SQL. What
an error becomes in HTTP stands once, in `errors`.
"""
