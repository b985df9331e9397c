# After the join the domain's policies apply. These two values would block every extension.
$policy = Get-ExecutionPolicy -Scope MachinePolicy
if ($policy -in 'AllSigned', 'Restricted') { throw "the policy of the domain lets no script run: $policy" }
