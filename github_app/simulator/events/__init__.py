"""What GitHub tells the App of: the payload of each event, and to which installation it goes.

Belongs here: payloads in GitHub's shapes and who hears them.
Does not belong here: sending (`deliveries`), or doing what is told of.
"""
