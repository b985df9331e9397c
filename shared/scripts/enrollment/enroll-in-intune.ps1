# Entra ID has the device; Windows itself registers the next time that its task runs.
function Test-Registered {
    (& "$env:SystemRoot\System32\dsregcmd.exe" '/status' | Out-String) -match 'AzureAdJoined\s*:\s*YES'
}

function Test-Enrolled {
    # 1 in EnrollmentState, MS DM Server in ProviderID: Intune manages this Windows.
    @(Get-ChildItem 'HKLM:\SOFTWARE\Microsoft\Enrollments' -ErrorAction SilentlyContinue |
        Get-ItemProperty -ErrorAction SilentlyContinue |
        Where-Object { $_.ProviderID -eq 'MS DM Server' -and $_.EnrollmentState -eq 1 }).Count -gt 0
}

$until = (Get-Date).AddMinutes(20)
while (-not (Test-Registered)) {
    if ((Get-Date) -gt $until) { throw 'Windows is not registered in Entra ID: see dsregcmd /status on the machine.' }
    Start-ScheduledTask -TaskPath '\Microsoft\Windows\Workplace Join\' -TaskName 'Automatic-Device-Join'
    Start-Sleep -Seconds 30
}
if (Test-Enrolled) { return }
$policy = 'HKLM:\SOFTWARE\Policies\Microsoft\Windows\CurrentVersion\MDM'
if ((Get-ItemProperty -LiteralPath $policy -ErrorAction SilentlyContinue).DisableRegistration -eq 1) {
    throw 'A policy of the domain forbids the enrolment: DisableRegistration is 1.'
}
if (-not (Test-Path -LiteralPath $policy)) { New-Item -Path $policy -Force | Out-Null }
New-ItemProperty -LiteralPath $policy -Name 'AutoEnrollMDM' -Value 1 -PropertyType DWord -Force | Out-Null
New-ItemProperty -LiteralPath $policy -Name 'UseAADCredentialType' -Value 2 -PropertyType DWord -Force | Out-Null
# 2 is the device's own credential. A directory whose MDM user scope is empty has told Windows no address of Intune.
Get-ChildItem 'HKLM:\SYSTEM\CurrentControlSet\Control\CloudDomainJoin\TenantInfo' | ForEach-Object {
    if (-not (Get-ItemProperty -LiteralPath $_.PSPath).MdmEnrollmentUrl) {
        New-ItemProperty -LiteralPath $_.PSPath -Name 'MdmEnrollmentUrl' -PropertyType String -Force `
            -Value 'https://enrollment.manage.microsoft.com/enrollmentserver/discovery.svc' | Out-Null
    }
}
$until = (Get-Date).AddMinutes(10)
do {
    & "$env:SystemRoot\System32\deviceenroller.exe" '/c' '/AutoEnrollMDMUsingAADDeviceCredential' | Out-Null
    Start-Sleep -Seconds 30
    if (Test-Enrolled) { return }
} while ((Get-Date) -lt $until)
$log = 'Microsoft-Windows-DeviceManagement-Enterprise-Diagnostics-Provider/Admin'
$why = Get-WinEvent -FilterHashtable @{ LogName = $log; Id = 76 } -MaxEvents 1 -ErrorAction SilentlyContinue
throw "Intune did not accept the device. $($why.Message)"
