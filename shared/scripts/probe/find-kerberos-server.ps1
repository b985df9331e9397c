# Single sign-on to a hybrid Cloud PC needs Entra's own server object in the domain.
$root = Get-Entry 'RootDSE'
Get-Entry "CN=AzureADKerberos,OU=Domain Controllers,$($root.defaultNamingContext)"
