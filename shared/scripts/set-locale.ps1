# The display language of the policy is a tag of the VM.
$tags = Invoke-RestMethod -UseBasicParsing -Headers @{ Metadata = 'true' } -TimeoutSec 10 `
    -Uri 'http://169.254.169.254/metadata/instance/compute/tagsList?api-version=2021-02-01'
$locale = ($tags | Where-Object { $_.name -eq 'deskwright:locale' }).value
if ($locale -and $locale -ne (Get-SystemPreferredUILanguage)) {
    Install-Language -Language $locale -CopyToSettings | Out-Null
    Set-SystemPreferredUILanguage -Language $locale
    Set-Culture -CultureInfo $locale
    Copy-UserInternationalSettingsToSystem -WelcomeScreen $true -NewUser $true
}
