"""A simulated Azure: ARM, Graph, Entra tokens, managed identity, Key Vault, Virtual Desktop.

The real SDK clients run unchanged against it (README.md shows how); it imports nothing of the
application. `python -m azure_simulator --help` starts it.

How a service is added (`packages/azure_simulator/src/azure_simulator/<service>/`):

* A service is a package with `install(cloud: core.cloud.Cloud) -> None`; `assembly.SERVICES` names it.
* A resource type of ARM is one module that declares an `arm.resource_types.ResourceType` and its
  `arm.operations.Operations`; `install` of its resource provider passes them to `arm.serve`.
* Any other service has a `core.planes.Plane` (subclass: prefixes, token audiences, error bodies, buckets),
  served with `cloud.plane(...)`, and operations: `routes = core.routing.Routes("graph")`, then

      @routes.operation("group.get", "GET", "/v1.0/groups/{id}", action="GroupMember.Read.All")
      def get_group(call: Call) -> Answer: ...

  and `cloud.add(routes)` in `install`. Literal segments match in any case; `devices(deviceId='{d}')`
  and a leading `{scope...}` work. `action` is what the principal needs: an ARM action (has a slash)
  or Graph roles (blank-separated, any of). `throttle` is a class of limits for the plane's `charges`.
  `anonymous=True` needs no token. `redacted=False` shows the handler secrets in clear (Key Vault, token
  endpoint) and encrypts the body in the journal; else passwords, protectedSettings and tokens
  (`core.secrets.SECRET_KEYS`) arrive hashed: `world.protector.matches(hashed, clear)` compares.
* A handler is synchronous: it reads `call.params/query/headers/body/principal/claims/base/now_us`,
  changes `call.world`, returns an `Answer` or raises a `Problem` **before** changing anything.
  It must depend on nothing but the call, `world.now_us`, `world.rng(*key)` and `world.guid(*key)`:
  a restart replays the journal through it. Count attempts with `world.attempt(kind, target)`.
* State: `world.resources` (ARM ids; `Resource.body` is replaced, never changed in place;
  `.facts` is what Azure hides), or an object of the service: `cloud.state("graph", make)`,
  `world.state("graph")`.
* Effects in the future: `world.at(due_us, effect)`; effects run in order of time before the next request is
  answered, with `world.now_us` at their own moment. Durations: `cloud.latencies({kind: about(60,
  240)})` and `world.duration_us(kind, target, attempt)`; long-running ARM work:
  `core.longrunning.begin`.
* Events: `world.publish("entra_joined", vm_id=..., ...)` and `cloud.on(event, listener)`; those of
  machines are listed in `azure_simulator.arm`.
* `cloud.seeder("users", fn(world, data))` reads a top-level key of the seed YAML;
  `cloud.invariant(name, fn(world) -> findings)`; `cloud.view(name, fn(world, query))` shows state;
  `world.config` holds the settings of `POST /_sim/config`, and `cloud.setting(name, shape, about)`
  declares each key that a service reads (`core.settings` describes shapes): others are refused.
* `call.fault` is the fault that a rule injects; `core.longrunning.begin` and the pipeline obey the general
  kinds, a service may understand kinds of its own.
"""
