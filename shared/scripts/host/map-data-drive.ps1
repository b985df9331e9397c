# At each sign-in, as the user; the drive is not kept, so that it follows the group.
Set-Value 'HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\Run' 'DeskwrightData' ('net.exe use S: "{0}" /persistent:no' -f $DataPath)
