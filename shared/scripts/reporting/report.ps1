$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'

function Write-Report([string] $Step, [bool] $Ok, [string] $Message) {
    $text = ($Message -replace '\s+', ' ').Trim()
    if ($text.Length -gt $Longest) { $text = $text.Substring(0, $Longest) }
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
