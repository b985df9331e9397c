# Kerberos, RPC, LDAP, SMB and password changes; one controller with all of these ports open is enough.
$found = Resolve-DnsName -Name "_ldap._tcp.dc._msdcs.$Domain" -Type SRV -DnsOnly | Where-Object { $_.Type -eq 'SRV' }
$troubles = @()
foreach ($controller in @($found.NameTarget | Select-Object -First 3)) {
    try {
        Assert-Reached (88, 135, 389, 445, 464 | ForEach-Object { "${controller}:$_" })
        return
    }
    catch { $troubles += $_.Exception.Message }
}
throw ($troubles -join '; ')
