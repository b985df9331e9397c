# Leaving disables the computer's account: the service may not delete it, and it must not stay usable.
$secret = ConvertTo-SecureString $Password -AsPlainText -Force
$account = New-Object System.Management.Automation.PSCredential($User, $secret)
Remove-Computer -UnjoinDomainCredential $account -Force
