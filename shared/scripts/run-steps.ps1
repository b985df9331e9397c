# The frame of post-provisioning. Each step runs even if others fail, and reports one line of JSON.
# Windows PowerShell 5.1, as SYSTEM, by a managed run command; Azure returns the last 4,096 characters of the output.
param(
    [string] $LocalAdministrator = '',
    [string] $AskedAt = ''
)

$Longest = 300

# <reporting>

function Set-Value([string] $Path, [string] $Name, [int] $Value) {
    if (-not (Test-Path -LiteralPath $Path)) { New-Item -Path $Path -Force | Out-Null }
    New-ItemProperty -LiteralPath $Path -Name $Name -Value $Value -PropertyType DWord -Force | Out-Null
}

function Invoke-Tool([string] $Program, [string[]] $Arguments) {
    # Windows PowerShell turns a tool's standard error into an error record; its exit code is what counts.
    $ErrorActionPreference = 'Continue'
    $output = & $Program @Arguments 2>&1 | Out-String
    if ($LASTEXITCODE -ne 0) { throw "$Program ended with $LASTEXITCODE. $output" }
}

# The display language of the policy is a tag of the VM. Only a failure is reported: it is not a step.
try {
    $tags = Invoke-RestMethod -UseBasicParsing -Headers @{ Metadata = 'true' } -TimeoutSec 10 `
        -Uri 'http://169.254.169.254/metadata/instance/compute/tagsList?api-version=2021-02-01'
    $locale = ($tags | Where-Object { $_.name -eq 'deskwright:locale' }).value
    if ($locale -and $locale -ne (Get-SystemPreferredUILanguage)) {
        Install-Language -Language $locale -CopyToSettings | Out-Null
        Set-SystemPreferredUILanguage -Language $locale
        Set-Culture -CultureInfo $locale
        Copy-UserInternationalSettingsToSystem -WelcomeScreen $true -NewUser $true
    }
}
catch {
    Write-Report 'setLocale' $false $_.Exception.Message
}

# <steps>

exit 0
