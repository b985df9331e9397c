"""What the routes show: each resource as a ``TypedDict`` with the function that makes it of a record. Pure.

The keys are those on the wire. The modules evaluate their annotations (they import no ``annotations`` from
``__future__``): at a cold start that is twice as fast as to keep them as texts.
"""
