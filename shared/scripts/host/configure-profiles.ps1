# learn.microsoft.com/fslogix/reference-configuration-settings
$Key = 'HKLM:\SOFTWARE\FSLogix\Profiles'
Set-Value $Key 'Enabled' 1
Set-Value $Key 'VHDLocations' $ProfilePath
Set-Value $Key 'DeleteLocalProfileWhenVHDShouldApply' 1
Set-Value $Key 'FlipFlopProfileDirectoryName' 1
# Without a profile nobody gets a temporary one, in which work would be lost.
Set-Value $Key 'PreventLoginWithFailure' 1
Set-Value $Key 'PreventLoginWithTempProfile' 1
