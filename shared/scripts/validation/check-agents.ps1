# Agents of Azure Virtual Desktop keep the registration of another machine; FSLogix takes over profiles.
$found = @(foreach ($name in 'RDAgentBootLoader', 'frxsvc') {
    if (Get-Service -Name $name -ErrorAction SilentlyContinue) { $name }
})
if ($found) { throw "remove from the image: $($found -join ', ')" }
