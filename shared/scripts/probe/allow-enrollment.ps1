# After the join the domain's policies apply. This one forbids every enrolment in Intune (Disable MDM Enrollment).
$policy = 'HKLM:\SOFTWARE\Policies\Microsoft\Windows\CurrentVersion\MDM'
if ((Get-ItemProperty -LiteralPath $policy -ErrorAction SilentlyContinue).DisableRegistration -eq 1) {
    throw 'a policy of the domain forbids the enrolment in Intune (DisableRegistration is 1)'
}
