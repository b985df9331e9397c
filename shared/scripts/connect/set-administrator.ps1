$secure = ConvertTo-SecureString -String $Password -AsPlainText -Force
$account = Get-LocalUser -Name $User -ErrorAction SilentlyContinue
if ($null -eq $account) { New-LocalUser -Name $User -Password $secure -AccountNeverExpires | Out-Null }
else { $account | Set-LocalUser -Password $secure; $account | Enable-LocalUser }
# By its SID: the name of the group depends on the language of Windows.
$members = Get-LocalGroupMember -SID 'S-1-5-32-544' | ForEach-Object { $_.Name }
if ($members -notcontains "$env:COMPUTERNAME\$User") { Add-LocalGroupMember -SID 'S-1-5-32-544' -Member $User }
Set-ItemProperty -LiteralPath 'HKLM:\SYSTEM\CurrentControlSet\Control\Terminal Server' -Name 'fDenyTSConnections' -Value 0
# The rules of Remote Desktop, by the group's resource: its name depends on the language too.
Enable-NetFirewallRule -Group '@FirewallAPI.dll,-28752'
