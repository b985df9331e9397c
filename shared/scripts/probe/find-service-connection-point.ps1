# The domain's computers read the id of their Entra directory from it (Entra hybrid join).
$root = Get-Entry 'RootDSE'
$scp = 'CN=62a0ff2e-97b9-4513-943f-0d221bd30080,CN=Device Registration Configuration,CN=Services'
$words = (Get-Entry "$scp,$($root.configurationNamingContext)").Properties['keywords']
if (-not ($words -match '^azureADid:')) { throw "the service connection point names no directory: $($words -join ', ')" }
