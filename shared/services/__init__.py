"""What people may make the service do to a Cloud PC or a tenant: asked for by a route, or by a bulk job for many.

Each function takes the context (who asks, for which tenant, when) and raises what stands in its way; a sweep completes
what a crash leaves behind.
"""
