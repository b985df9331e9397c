# The frame of changes to a computer account with the join account, from a machine with a connection to the domain. Windows PowerShell 5.1, as SYSTEM, by a managed run command; reports one line of JSON.
param(
    [string] $ComputerName = '',
    [string] $Domain = '',
    [string] $User = '',
    [string] $Password = '',
    [string] $AskedAt = ''
)

$Longest = 500

# <reporting>

# <steps>

exit 0
