# The frame of post-provisioning. Each step runs even if others fail, and reports one line of JSON.
# Windows PowerShell 5.1, as SYSTEM, by a managed run command; Azure returns the last 4,096 characters of the output.
param(
    [string] $LocalAdministrator = '',
    [string] $Redirections = '',
    [string] $AskedAt = ''
)

$Longest = 300

# <reporting>

function Set-Value([string] $Path, [string] $Name, [int] $Value) {
    if (-not (Test-Path -LiteralPath $Path)) { New-Item -Path $Path -Force | Out-Null }
    New-ItemProperty -LiteralPath $Path -Name $Name -Value $Value -PropertyType DWord -Force | Out-Null
}

function Invoke-Tool([string] $Program, [string[]] $Arguments) {
    # Windows PowerShell turns a tool's standard error into an error record; its exit code is what counts.
    $ErrorActionPreference = 'Continue'
    $output = & $Program @Arguments 2>&1 | Out-String
    if ($LASTEXITCODE -ne 0) { throw "$Program ended with $LASTEXITCODE. $output" }
}

# <steps>

exit 0
