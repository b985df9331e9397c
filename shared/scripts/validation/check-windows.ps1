# Enterprise for one user at a time: EnterpriseN, EnterpriseS (LTSC), ServerRdsh (multi-session) and Pro are not.
$windows = Get-ItemProperty -LiteralPath 'HKLM:\SOFTWARE\Microsoft\Windows NT\CurrentVersion'
if ($windows.EditionID -ne 'Enterprise') { throw "the edition is $($windows.EditionID); a Cloud PC needs Enterprise" }
if ([int] $windows.CurrentBuildNumber -lt 19041) { throw "the build $($windows.CurrentBuildNumber) is too old" }
