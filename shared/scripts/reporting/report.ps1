$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'

function Write-Report([string] $Step, [bool] $Ok, [string] $Message) {
    $text = ($Message -replace '\s+', ' ').Trim()
    $room = $Longest
    $kept = New-Object System.Text.StringBuilder
    foreach ($character in $text.ToCharArray()) {
        $room -= @(1, 6)[[int] ([int] $character -gt 127)]
        if ($room -lt 0) { break }
        [void] $kept.Append($character)
    }
    $line = ConvertTo-Json -Compress -InputObject ([ordered]@{ step = $Step; ok = $Ok; message = $kept.ToString() })
    # The console writes in its code page: the message of a German or Japanese Windows arrives whole only as ASCII.
    $escape = { param($found) '\u{0:x4}' -f [int][char] $found.Value }
    [Console]::Out.WriteLine([regex]::Replace($line, '[^\x00-\x7f]', $escape))
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
