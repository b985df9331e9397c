"""Deploy Deskwright to Azure: the steps that Bicep cannot do; without `azd`, also the steps of azd.

    python -m deployment --help

The hooks of `azure.yaml` (`deployment/hooks`) and the command line call the same functions. Nothing but the standard
library is imported, so that a hook runs with any Python 3.11 before anything is installed. Each step looks before it
writes: a second run changes nothing. With a `Report` that is `dry` it only says what it would write.

`clients` sends requests, `sign_in` gets tokens; `registrations` and `graph_permissions` are the directory's side,
`templates` the subscription's, `packaging` and `publishing` the code's. `steps` puts them in their order.
"""
