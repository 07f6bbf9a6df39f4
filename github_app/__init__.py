"""GitHub, and nothing else knows GitHub.

Here belong the front door (`webhook`, `payloads`, `translate`), the API (`client`, `tokens`, what is asked and what is
told, all of it behind `forge`) and the way a commit gets onto this machine (`git`, `checkout`). `simulator/` is a
GitHub to develop and test against. What a push leads to is decided elsewhere (`domain.routing`), and so is when
something is done (`jobs`).
"""
