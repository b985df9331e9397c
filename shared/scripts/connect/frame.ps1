# The frame of what a way in needs on the temporary machine. Reports one line of JSON.
# Windows PowerShell 5.1, as SYSTEM, by a managed run command; the password is a protected parameter.
param(
    [string] $User = '',
    [string] $Password = '',
    [string] $AskedAt = ''
)

$Longest = 500

# <reporting>

# <steps>

exit 0
