# The frame of what is done to a computer's account with the join account's rights, from a machine that reaches the
# domain. Windows PowerShell 5.1, as SYSTEM, by a managed run command; reports one line of JSON.
param(
    [string] $ComputerName = '',
    [string] $Domain = '',
    [string] $User = '',
    [string] $Password = '',
    [string] $AskedAt = ''
)

$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'

function Write-Report([string] $Step, [bool] $Ok, [string] $Message) {
    $text = ($Message -replace '\s+', ' ').Trim()
    if ($text.Length -gt 500) { $text = $text.Substring(0, 500) }
    [Console]::Out.WriteLine((ConvertTo-Json -Compress -InputObject ([ordered]@{ step = $Step; ok = $Ok; message = $text })))
}

function Invoke-Step([string] $Step, [scriptblock] $Body) {
    try {
        & $Body | Out-Null
        Write-Report $Step $true ''
    }
    catch {
        Write-Report $Step $false $_.Exception.Message
    }
}

# <steps>

exit 0
