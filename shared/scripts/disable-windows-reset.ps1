# A reset inside Windows would leave a machine that no longer belongs to the directory.
# What reagentc prints depends on the language of Windows, its settings file does not; disabling twice is an error.
[xml] $settings = Get-Content -LiteralPath "$env:SystemRoot\System32\Recovery\ReAgent.xml" -Raw
if ($settings.WindowsRE.InstallState.state -ne '0') { Invoke-Tool 'reagentc.exe' @('/disable') }
