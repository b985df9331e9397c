# A machine finds its domain controllers by these records.
if ($Domain -notmatch '^[A-Za-z0-9.-]+$') { throw "dnsCheckNameWithInvalidCharacter: $Domain" }
$name = "_ldap._tcp.dc._msdcs.$Domain"
$found = Resolve-DnsName -Name $name -Type SRV -DnsOnly -ErrorAction SilentlyContinue | Where-Object { $_.Type -eq 'SRV' }
if (-not $found) {
    $servers = (Get-DnsClientServerAddress -AddressFamily IPv4).ServerAddresses | Select-Object -Unique
    throw "no SRV record $name at $($servers -join ', ')"
}
