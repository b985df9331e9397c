# SYSTEM has no alias of winget: it is started from its package.
$winget = Get-ChildItem "$env:ProgramFiles\WindowsApps\Microsoft.DesktopAppInstaller_*_x64__8wekyb3d8bbwe\winget.exe" |
    Sort-Object -Property { [version]($_.Directory.Name -split '_')[1] } | Select-Object -Last 1
if ($null -eq $winget) { throw 'winget is not installed in this image.' }
$arguments = @('install', '--id', $PackageId, '--exact', '--source', 'winget', '--scope', 'machine', '--silent',
    '--accept-package-agreements', '--accept-source-agreements', '--disable-interactivity')
if ($PackageVersion) { $arguments += @('--version', $PackageVersion) }
$ErrorActionPreference = 'Continue'
$output = & $winget.FullName @arguments 2>&1 | Out-String
if ($LASTEXITCODE -ne 0) {
    $end = $output.Substring([Math]::Max(0, $output.Length - 1200))
    throw "winget ended with $LASTEXITCODE. $end"
}
