# Disabled, never deleted: the domain's administrator may delete it. A missing account is a success.
if ($ComputerName -notmatch '^[A-Za-z0-9-]{1,15}$') { throw "not the name of a computer: $ComputerName" }
$root = New-Object System.DirectoryServices.DirectoryEntry("LDAP://$Domain", $User, $Password)
$filter = "(&(objectCategory=computer)(sAMAccountName=$ComputerName`$))"
$searcher = New-Object System.DirectoryServices.DirectorySearcher($root, $filter)
$found = $searcher.FindOne()
if ($null -eq $found) { return }
$account = $found.GetDirectoryEntry()
$flags = [int] $account.Properties['userAccountControl'].Value
if ($flags -band 2) { return } # ACCOUNTDISABLE
$account.Properties['userAccountControl'].Value = $flags -bor 2
$account.CommitChanges()
