"""Views of the routes: each resource as a ``TypedDict`` with the function that makes it of a record. Pure.

The keys are those on the wire. A module that declares types does not import ``annotations`` from ``__future__``: at a
cold start it is twice as fast to evaluate the annotations as to keep them as strings.
"""
