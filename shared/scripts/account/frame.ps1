# The frame of what is done to a computer's account with the join account's rights, from a machine that reaches the
# domain. Windows PowerShell 5.1, as SYSTEM, by a managed run command; reports one line of JSON.
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
