# A machine that was joined before its capture cannot join again.
$status = & "$env:SystemRoot\System32\dsregcmd.exe" '/status' | Out-String
if ($status -match '(AzureAdJoined|DomainJoined)\s*:\s*YES') { throw "the image was captured while joined ($($Matches[1]))" }
if (Get-ChildItem 'HKLM:\SOFTWARE\Microsoft\Enrollments' -ErrorAction SilentlyContinue |
    Get-ItemProperty -ErrorAction SilentlyContinue | Where-Object { $_.ProviderID -eq 'MS DM Server' }) {
    throw 'the image was captured while enrolled in Intune'
}
