# A shut-down Cloud PC would be out of its user's reach.
Set-Value 'HKLM:\SOFTWARE\Microsoft\PolicyManager\default\Start\HideShutDown' 'value' 1
Set-Value 'HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\Policies\System' 'ShutDownWithoutLogon' 0
