# Credential Guard and memory integrity without UEFI lock, so that they can be taken back. They begin with Windows' next start.
# https://learn.microsoft.com/windows/client-management/mdm/policy-csp-deviceguard
$deviceGuard = 'HKLM:\SOFTWARE\Policies\Microsoft\Windows\DeviceGuard'
Set-Value $deviceGuard 'EnableVirtualizationBasedSecurity' 1
Set-Value $deviceGuard 'RequirePlatformSecurityFeatures' 1
Set-Value $deviceGuard 'HypervisorEnforcedCodeIntegrity' 2
Set-Value $deviceGuard 'LsaCfgFlags' 2
