# The frame of a session host's configuration. Each step runs even if others fail, and reports one line of JSON.
# Windows PowerShell 5.1, as SYSTEM, by a managed run command; Azure returns the last 4,096 characters of the output.
param(
    [string] $ProfilePath = '',
    [string] $DataPath = '',
    [int] $ActiveMinutes = 0,
    [int] $DisconnectedMinutes = 0,
    [string] $AskedAt = ''
)

$Longest = 300

# <reporting>

# A hidden share ends in a dollar sign, which no parameter may have: it comes as an equals sign, which no path has.
$ProfilePath = $ProfilePath.Replace('=', [string][char]36)
$DataPath = $DataPath.Replace('=', [string][char]36)

function Set-Value([string] $Path, [string] $Name, $Value) {
    if (-not (Test-Path -LiteralPath $Path)) { New-Item -Path $Path -Force | Out-Null }
    $type = if ($Value -is [int]) { 'DWord' } else { 'String' }
    New-ItemProperty -LiteralPath $Path -Name $Name -Value $Value -PropertyType $type -Force | Out-Null
}

function Test-Port([string] $Name, [int] $Port) {
    $client = New-Object System.Net.Sockets.TcpClient
    try { $client.ConnectAsync($Name, $Port).Wait(5000) -and $client.Connected }
    catch { $false }
    finally { $client.Dispose() }
}

# <steps>

exit 0
