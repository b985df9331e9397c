# The frame of a probe: what a Cloud PC will have to reach and to do, tried from its own subnet. Each step runs whatever
# becomes of the others, and reports one line of JSON; a message may begin with the error type that it means.
# Windows PowerShell 5.1, as SYSTEM, by a managed run command: of the output Azure keeps the last 4,096 characters.
param(
    [string] $Domain = '',
    [string] $OrganizationalUnit = '',
    [string] $User = '',
    [string] $Password = '',
    [string] $AskedAt = ''
)

$Longest = 240

# <reporting>

function Test-Port([string] $Name, [int] $Port) {
    $client = New-Object System.Net.Sockets.TcpClient
    try { $client.ConnectAsync($Name, $Port).Wait(5000) -and $client.Connected }
    catch { $false }
    finally { $client.Dispose() }
}

function Assert-Reached([string[]] $Addresses) {
    # host:port, the port 443 when it is left out. All that fail are told, with what to try by hand.
    $silent = @(foreach ($address in $Addresses) {
        $name, $port = $address -split ':'
        if (-not $port) { $port = 443 }
        if (-not (Test-Port $name $port)) { "${name}:$port" }
    })
    if ($silent) {
        $name, $port = $silent[0] -split ':'
        throw "no answer from $($silent -join ', '); try Test-NetConnection $name -Port $port"
    }
}

function Assert-Stun([string] $Name) {
    # A STUN binding request (RFC 8489) of twenty bytes; whoever answers lets UDP through both ways.
    $request = [byte[]](0, 1, 0, 0, 0x21, 0x12, 0xA4, 0x42) + [guid]::NewGuid().ToByteArray()[0..11]
    $client = New-Object System.Net.Sockets.UdpClient
    try {
        $client.Client.ReceiveTimeout = 5000
        $client.Connect($Name, 3478)
        $client.Send($request, $request.Length) | Out-Null
        $from = New-Object System.Net.IPEndPoint([System.Net.IPAddress]::Any, 0)
        $client.Receive([ref] $from) | Out-Null
    }
    catch { throw "no answer from ${Name}:3478 over UDP. $($_.Exception.Message)" }
    finally { $client.Dispose() }
}

function Get-Entry([string] $Path) {
    # Reads one object of the domain with the join account; what it raises has the directory's own words.
    $entry = New-Object System.DirectoryServices.DirectoryEntry("LDAP://$Domain/$Path", $User, $Password)
    $entry.RefreshCache()
    $entry
}

# <steps>

exit 0
