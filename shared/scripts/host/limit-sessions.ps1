# In milliseconds: learn.microsoft.com/windows/client-management/mdm/policy-csp-admx-terminalserver
$Key = 'HKLM:\SOFTWARE\Policies\Microsoft\Windows NT\Terminal Services'
Set-Value $Key 'MaxIdleTime' ($ActiveMinutes * 60000)
Set-Value $Key 'MaxDisconnectionTime' ($DisconnectedMinutes * 60000)
# An idle session is disconnected, and not ended.
Set-Value $Key 'fResetBroken' 0
