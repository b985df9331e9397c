# Profiles that are in containers stay there, and those on the disk stay there: a switch would hide them from the user.
$Key = 'HKLM:\SOFTWARE\FSLogix\Profiles'
$Found = Get-ItemProperty -LiteralPath $Key -Name 'Enabled' -ErrorAction SilentlyContinue
if ($null -ne $Found -and $Found.Enabled -eq 1) { Set-Value $Key 'VHDLocations' $ProfilePath }
