Set-Value 'HKLM:\SOFTWARE\Microsoft\Teams' 'IsWVDEnvironment' 1
