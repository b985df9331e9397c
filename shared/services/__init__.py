"""The use cases, each written once: for routes, timers, the queue, bulk actions and restores. None depends on HTTP.

A use case takes an ``ActionContext`` (who acts, in which tenant, when), or the composition and what is due. It raises
what is wrong or in the way (``shared.errors``). Whatever it changes goes through ``operations.intents``.
"""
