Set-Value 'HKLM:\SOFTWARE\Policies\Microsoft\Windows NT\Terminal Services' 'fEnableTimeZoneRedirection' 1
