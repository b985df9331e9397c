# Windows refuses what is not allowed, whatever the host pool and the user's device allow.
$terminalServices = 'HKLM:\SOFTWARE\Policies\Microsoft\Windows NT\Terminal Services'
$allowed = $Redirections -split ','
Set-Value $terminalServices 'fDisableClip' ([int]($allowed -notcontains 'clipboard'))
Set-Value $terminalServices 'fDisableCdm' ([int]($allowed -notcontains 'drives'))
Set-Value $terminalServices 'fDisableCpm' ([int]($allowed -notcontains 'printers'))
Set-Value $terminalServices 'fDisablePNPRedir' ([int]($allowed -notcontains 'usb'))
