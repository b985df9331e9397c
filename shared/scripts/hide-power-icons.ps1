# A user could not start a Cloud PC that they have shut down.
Set-Value 'HKLM:\SOFTWARE\Microsoft\PolicyManager\default\Start\HideShutDown' 'value' 1
Set-Value 'HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\Policies\System' 'ShutDownWithoutLogon' 0
