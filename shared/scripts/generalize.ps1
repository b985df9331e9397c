# step: generalize
# Run sysprep to generalise Windows, which shuts it down. Windows PowerShell 5.1, as SYSTEM.
$ErrorActionPreference = 'Stop'
$panther = "$env:SystemRoot\System32\Sysprep\Panther"
if (Test-Path -LiteralPath $panther) { Remove-Item -LiteralPath $panther -Recurse -Force }
# The account by which the machine was customised stays in the image: nobody knows its password from now on.
$account = Get-LocalUser -Name 'deskwright' -ErrorAction SilentlyContinue
if ($null -ne $account) {
    $random = -join (1..4 | ForEach-Object { [Guid]::NewGuid().ToString('N') }) + 'aA1!'
    $account | Set-LocalUser -Password (ConvertTo-SecureString -String $random -AsPlainText -Force)
}
# Sysprep refuses a disk with BitLocker on.
Get-BitLockerVolume -ErrorAction SilentlyContinue | Where-Object { $_.VolumeStatus -ne 'FullyDecrypted' } |
    Disable-BitLocker | Out-Null
while (Get-BitLockerVolume -ErrorAction SilentlyContinue | Where-Object { $_.VolumeStatus -eq 'DecryptionInProgress' }) {
    Start-Sleep -Seconds 10
}
Start-Process -FilePath "$env:SystemRoot\System32\Sysprep\sysprep.exe" `
    -ArgumentList '/generalize', '/oobe', '/mode:vm', '/quiet', '/shutdown' -Wait
# Sysprep did not shut down Windows. Its log has the reason.
$log = Get-Content -LiteralPath "$panther\setuperr.log" -Tail 5 -ErrorAction SilentlyContinue | Out-String
throw "Sysprep did not finish. $log"
