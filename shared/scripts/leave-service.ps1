# This disk was another machine's, whose device and session host are gone. Windows, its enrolment and its desktop agents
# do not know that: a join would find a device that is there no more, and the agents a host pool that they have left.
if ((Get-CimInstance -ClassName Win32_ComputerSystem).PartOfDomain) { throw 'This computer is a member of a domain.' }
# Accounts of Microsoft Entra ID begin with S-1-12-1. The policy says later who is an administrator.
$group = [ADSI] "WinNT://./$((Get-LocalGroup -SID 'S-1-5-32-544').Name),group"
foreach ($member in @($group.Invoke('Members'))) {
    $bytes = $member.GetType().InvokeMember('objectSid', 'GetProperty', $null, $member, $null)
    $sid = (New-Object System.Security.Principal.SecurityIdentifier($bytes, 0)).Value
    if ($sid -like 'S-1-12-1-*') { $group.Remove("WinNT://$sid") }
}
Invoke-Tool "$env:SystemRoot\System32\dsregcmd.exe" @('/leave')
$enrolments = 'HKLM:\SOFTWARE\Microsoft\Enrollments'
Get-ChildItem $enrolments -ErrorAction SilentlyContinue |
    Where-Object { (Get-ItemProperty -LiteralPath $_.PSPath).ProviderID -eq 'MS DM Server' } |
    ForEach-Object {
        $id = $_.PSChildName
        Get-ScheduledTask -TaskPath "\Microsoft\Windows\EnterpriseMgmt\$id\" -ErrorAction SilentlyContinue |
            Unregister-ScheduledTask -Confirm:$false
        $software = 'HKLM:\SOFTWARE\Microsoft'
        foreach ($key in "$enrolments\$id", "$enrolments\Status\$id",
            "$software\EnterpriseResourceManager\Tracked\$id", "$software\PolicyManager\AdmxInstalled\$id",
            "$software\PolicyManager\Providers\$id", "$software\Provisioning\OMADM\Accounts\$id") {
            if (Test-Path -LiteralPath $key) { Remove-Item -LiteralPath $key -Recurse -Force }
        }
    }
Get-ChildItem 'Cert:\LocalMachine\My' | Where-Object { $_.Issuer -like '*Microsoft Intune MDM Device CA*' } | Remove-Item
Get-ItemProperty 'HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall\*' -ErrorAction SilentlyContinue |
    Where-Object { $_.DisplayName -like 'Remote Desktop Agent Boot Loader*' -or
        $_.DisplayName -like 'Remote Desktop Services Infrastructure Agent*' } |
    ForEach-Object { Invoke-Tool 'msiexec.exe' @('/x', $_.PSChildName, '/quiet', '/norestart') }
$agent = 'HKLM:\SOFTWARE\Microsoft\RDInfraAgent'
if (Test-Path -LiteralPath $agent) { Remove-Item -LiteralPath $agent -Recurse -Force }
