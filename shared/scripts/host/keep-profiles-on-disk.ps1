# A dedicated host has one user and is never rebuilt.
Set-Value 'HKLM:\SOFTWARE\FSLogix\Profiles' 'Enabled' 0
