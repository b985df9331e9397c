# The frame of a probe: it tries what a Cloud PC in this subnet needs. Each step runs even if others fail, and reports
# one line of JSON; a message may begin with an error type of Graph.
# Windows PowerShell 5.1, as SYSTEM, by a managed run command; Azure returns the last 4,096 characters of the output.
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
    # host:port, by default port 443. All failures are reported, with a command to try by hand.
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
    # A STUN binding request (RFC 8489) of twenty bytes; an answer shows that UDP passes in both directions.
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
    # Reads one object of the domain with the join account; an exception has the directory's message.
    $entry = New-Object System.DirectoryServices.DirectoryEntry("LDAP://$Domain/$Path", $User, $Password)
    $entry.RefreshCache()
    $entry
}

# <steps>

exit 0
