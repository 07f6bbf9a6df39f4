"""What a person or an event asks for, told over ports.

Each module is one subject; each function asks the store and GitHub what it needs, decides with `domain/` and hands
the result back. The API, the command line and the jobs all call these, so that a thing has one behaviour
everywhere. No SQL, no HTTP, no printing here.
"""
